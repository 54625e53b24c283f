"""A standing pull: deliveries come as fast as there is room, whatever the server goes through.

The server keeps pull requests waiting and answers each with messages, which carry a reply subject,
or with a status, which does not. A status comes on the subject that the request named as its reply.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from nats.errors import Error as NatsError

from worker.jetstream.connect.connection import Connection
from worker.jetstream.errors import JetStreamError
from worker.jetstream.topology.layout import NoQueueError
from worker.jetstream.wire.headers import read_headers
from worker.model.delivery import Delivery, NotADeliveryError, read_delivery
from worker.model.link import LinkChange
from worker.model.surroundings import Surroundings

EXPIRES = 30.0
"""Seconds a pull request waits on the server before it is renewed."""
IDLE_HEARTBEAT = 2.0
"""Seconds between the server's signs of life on a waiting request; at most half of `EXPIRES`."""
FIRST_BACKOFF = 0.1
LONGEST_BACKOFF = 5.0
STOP_TIMEOUT = 2.0

HEARTBEAT = "100"
REQUEST_TIMEOUT = "408"
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Intake:
    """What a source feeds: where deliveries go, for how many more there is room, what mends it.

    `accept` is called for each delivery and must not wait. `room` counts the deliveries that could
    be taken now, those asked for and not yet here included. `restore` is awaited when the consumer
    does not answer: it creates what is missing.
    """

    accept: Callable[[Delivery], None]
    room: Callable[[], int]
    restore: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class PullTiming:
    """How long requests wait, in seconds. `heartbeat` is at most half of `expires`."""

    expires: float = EXPIRES
    heartbeat: float = IDLE_HEARTBEAT

    @property
    def missed(self) -> float:
        """Silence after which the server has forgotten our requests."""
        return 2.5 * self.heartbeat


@dataclass(frozen=True, slots=True)
class _Request:
    batch: int
    sent_at: float


class _Status(NamedTuple):
    """What the server says as it ends a request; `left` is how many it owes, if it says that."""

    code: str
    description: str
    left: str


class Source:
    """Pulls from one consumer for as long as `run` runs. Nothing that arrives is ever dropped."""

    def __init__(
        self,
        connection: Connection,
        consumer: tuple[str, str],
        intake: Intake,
        around: Surroundings,
        timing: PullTiming | None = None,
    ) -> None:
        """Describe the pull.

        Args:
            connection: The connection to pull on.
            consumer: The names of the stream and of its consumer.
            intake: Where deliveries go.
            around: Time, chance for the jitter of waits, and a log of what goes wrong.
            timing: How long requests wait.
        """
        self._connection = connection
        self._subject = connection.api.subject("CONSUMER.MSG.NEXT.{}.{}".format(*consumer))
        self._intake = intake
        self._clock = around.clock
        self._random = around.random
        self._log = around.log
        self._timing = timing or PullTiming()
        self._inbox = connection.client.new_inbox()
        self._requests: dict[str, _Request] = {}
        self._last_request = 0
        self._outstanding = 0
        self._heard_at = 0.0
        self._trouble = ""
        self._failures = 0
        self._changed = asyncio.Event()
        self._hurry = asyncio.Event()
        self._stopping = False

    def room_changed(self) -> None:
        """Say that there may be more room; asks for more where that is worth a request."""
        if self._wanted():
            self._changed.set()

    def stop(self) -> None:
        """Ask for nothing more. What is under way still arrives, until `run` returns."""
        self._stopping = True
        self._changed.set()
        self._hurry.set()

    async def run(self) -> None:
        """Pull until `stop`; after that returns nothing more arrives."""
        # Nothing is dropped: our requests bound what can come.
        subscription = await self._connection.wire.subscribe(f"{self._inbox}.*", self._receive)
        unlisten = self._connection.listen(self._on_link)
        try:
            while not self._stopping:
                await self._step()
            if self._connection.is_connected:
                with contextlib.suppress(NatsError, TimeoutError):
                    async with asyncio.timeout(STOP_TIMEOUT):
                        await subscription.drain()
        finally:
            unlisten()
            await subscription.unsubscribe()

    async def _step(self) -> None:
        self._changed.clear()
        if not self._connection.is_connected:
            await _wait(self._changed, self._timing.missed)
            return
        if self._outstanding and self._silence() > self._timing.missed:
            self._forget_requests()
            self._trouble = f"nothing heard for {self._timing.missed:g} s"
        if self._trouble:
            await self._recover()
        elif wanted := self._wanted():
            await self._request(wanted)
        else:
            await _wait(self._changed, self._timing.heartbeat)

    def _wanted(self) -> int:
        """Return how many to ask for now: the free room, once half of it was not asked for."""
        room = self._intake.room()
        wanted = room - self._outstanding
        return wanted if wanted > 0 and 2 * wanted >= room else 0

    async def _request(self, batch: int) -> None:
        now = self._clock.monotonic()
        if not self._outstanding:
            self._heard_at = now
        self._prune(now)
        self._last_request += 1
        reply = f"{self._inbox}.{self._last_request}"
        self._requests[reply] = _Request(batch, now)
        self._outstanding += batch
        body = {
            "batch": batch,
            "expires": int(self._timing.expires * _NANOSECONDS),
            "idle_heartbeat": int(self._timing.heartbeat * _NANOSECONDS),
        }
        with contextlib.suppress(NatsError):
            await self._connection.client.publish(
                self._subject, json.dumps(body).encode(), reply=reply
            )

    def _receive(self, subject: str, reply: str, header_block: bytes, body: bytes) -> None:
        now = self._clock.monotonic()
        headers: Mapping[str, str] | None = None
        if header_block:
            status, description, headers = read_headers(header_block)
        if reply:
            try:
                delivery = read_delivery(reply, body, headers, now)
            except NotADeliveryError as error:
                self._log.warning("pull.strange_message", why=str(error))
                return
            self._outstanding = max(0, self._outstanding - 1)
            self._all_is_well(now)
            self._intake.accept(delivery)
        elif not header_block:
            self._log.warning("pull.strange_message", why="neither a delivery nor a status")
        elif status == HEARTBEAT:
            self._all_is_well(now)
        else:
            left = (headers or {}).get("Nats-Pending-Messages", "")
            self._end_request(subject, _Status(status, description, left))

    def _all_is_well(self, now: float) -> None:
        self._heard_at = now
        if self._failures:
            self._log.info("pull.resumed", failures=self._failures)
            self._failures = 0

    def _end_request(self, subject: str, status: _Status) -> None:
        """Take the server's word that a request is over, and what it left undelivered."""
        request = self._requests.pop(subject, None)
        if request is None:
            return
        undelivered = int(status.left) if status.left.isdigit() else request.batch
        self._outstanding = max(0, self._outstanding - undelivered)
        lived = self._clock.monotonic() - request.sent_at
        if status.code != REQUEST_TIMEOUT or lived < self._timing.expires / 2:
            self._trouble = f"{status.code} {status.description}".strip()
        self._changed.set()

    async def _recover(self) -> None:
        """Wait, ever longer, then have created what is missing; the next step asks again."""
        trouble, self._trouble = self._trouble, ""
        self._failures += 1
        longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** (self._failures - 1))
        self._log.warning("pull.interrupted", why=trouble, failures=self._failures)
        self._hurry.clear()
        await _wait(self._hurry, longest * (0.5 + 0.5 * self._random.random()))
        if self._stopping or not self._connection.is_connected:
            return
        try:
            await self._intake.restore()
        except (JetStreamError, NoQueueError) as error:
            self._trouble = str(error)

    def _on_link(self, change: LinkChange) -> None:
        if change.event == "reconnected":
            self._forget_requests()
            self._trouble = ""
            self._changed.set()
            self._hurry.set()

    def _silence(self) -> float:
        return self._clock.monotonic() - self._heard_at

    def _forget_requests(self) -> None:
        self._requests.clear()
        self._outstanding = 0

    def _prune(self, now: float) -> None:
        """Forget requests that were answered in full: of those the server says nothing more."""
        oldest = now - self._timing.expires - self._timing.missed
        while self._requests:
            first = next(iter(self._requests))
            if self._requests[first].sent_at > oldest:
                return
            del self._requests[first]


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
