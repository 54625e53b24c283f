"""What all rooms of a migration share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from worker.jetstream.api import Api, PubAck
from worker.jetstream.errors import JetStreamError, UnreachableError
from worker.jetstream.info import stream_of_subject
from worker.jetstream.patience import Patience
from worker.jetstream.topology.answers import find_raw_stream
from worker.jetstream.topology.layout import generation
from worker.model.clock import Clock
from worker.model.names import QueueNames, carried_headers
from worker.model.state import ServerState
from worker.model.topology import PAUSE_LEVEL

POLL = 0.1
SOMEBODY_ELSE = "somebody else moves them too and was faster: look at the plan again"

T = TypeVar("T")
Step = Callable[[str], Awaitable[None]]
Tell = Callable[[str], None]


class RefusedChangeError(JetStreamError):
    """What was asked for cannot be done safely now; nothing was changed. The text says why."""


async def no_step(_name: str) -> None:
    """Do nothing between two steps: what a migration is given outside of tests."""


async def all_of(calls: Iterable[Awaitable[T]]) -> list[T]:
    """Await all of them at once and return their results; raise what failed when all have ended."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    failed = [result for result in results if isinstance(result, BaseException)]
    if failed:
        raise failed[0]
    return [result for result in results if not isinstance(result, BaseException)]


def tell_nobody(_words: str) -> None:
    """Keep progress to oneself."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long things may take, in seconds.

    `drain`: for tasks in flight to end. `switch`: what a pause lasts beyond that, after which it
    ends by itself where nobody ends it. Where workers cannot be paused they count as stopped after
    `silence` without a pull, and `grace` is for pulls of workers that were just stopped to run out.
    """

    drain: float
    switch: float = 60.0
    silence: float = 3.0
    grace: float = 8.0


@dataclass(frozen=True, slots=True)
class Parts:
    """The tools of one migration.

    `step` is awaited between every two steps; `tell` is given progress in words.
    """

    api: Api
    names: QueueNames
    server: ServerState
    clock: Clock
    waits: Waits
    step: Step = no_step
    tell: Tell = tell_nobody

    async def patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Repeat a call that may be repeated until the server answers, or patience is at its end.

        Raises:
            UncertainError, UnreachableError: the last try's, after `PATIENCE` seconds.
        """
        return await Patience(self.api, self.clock).repeat(call)

    @property
    def can_pause(self) -> bool:
        """Whether this server can pause a consumer."""
        return self.server.api_level >= PAUSE_LEVEL

    async def publish(
        self, subject: str, body: bytes, headers: Mapping[str, str], msg_id: str | None
    ) -> PubAck:
        """Store a copy of a letter, however often that has to be tried; `msg_id` names it.

        Raises:
            PayloadTooLargeError: there is no room for the id beside a letter that just fits.
            RefusedChangeError: nobody takes copies any more.
        """
        kept = carried_headers(headers)

        async def once() -> PubAck:
            try:
                return await self.api.publish(subject, body, headers=kept, msg_id=msg_id)
            except UnreachableError as error:
                if subject == self.names.moving_dlq and await self._is_closed(subject):
                    raise RefusedChangeError(SOMEBODY_ELSE) from error
                raise

        return await self.patiently(once)

    async def _is_closed(self, subject: str) -> bool:
        return self.api.client.is_connected and await stream_of_subject(self.api, subject) is None

    async def work_queue(self) -> Pile:
        """Return the work queue and the dead letters in it."""
        return await self._pile(self.names.stream)

    async def own_stream(self) -> Pile:
        """Return the dead letters' own stream and what is in it."""
        return await self._pile(self.names.dlq_stream)

    async def _pile(self, stream: str) -> Pile:
        answer = await self.patiently(lambda: find_raw_stream(self.api, stream, self.names.dlq))
        if answer is None:
            raise RefusedChangeError(f"the stream {stream} is gone: look at the plan again")
        return Pile(stream, self.names.dlq, answer)


@dataclass(frozen=True, slots=True)
class Pile:
    """Dead letters in one stream, at one moment; `answer` is the server's."""

    stream: str
    subject: str
    answer: dict[str, Any]

    @property
    def config(self) -> dict[str, Any]:
        """The stream's configuration."""
        config: dict[str, Any] = self.answer["config"]
        return config

    @property
    def subjects(self) -> list[str]:
        """What the stream takes."""
        return list(self.config.get("subjects") or [])

    @property
    def created(self) -> str:
        """When the stream was created, as the server tells it."""
        return str(self.answer.get("created", ""))

    @property
    def generation(self) -> str:
        """The token of this life of the stream."""
        return generation(self.created)

    @property
    def letters(self) -> int:
        """How many dead letters lie in it."""
        return int((self.answer["state"].get("subjects") or {}).get(self.subject, 0))

    @property
    def first_sequence(self) -> int:
        """The sequence of its oldest message."""
        return int(self.answer["state"]["first_seq"])

    @property
    def last_sequence(self) -> int:
        """The sequence of its newest message, whatever its subject."""
        return int(self.answer["state"]["last_seq"])
