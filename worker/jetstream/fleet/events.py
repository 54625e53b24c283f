"""Task events, sent and forgotten: they never make a task wait, and never fail one.

What happens is noted at once and encoded some milliseconds later, so that all the steps that a task
took meanwhile share one message: a quick task costs one, with `received` and `started` inside
`succeeded`, and the server a third of the work. Messages go out as ready protocol text, many in one
write. What does not fit the buffer is dropped, counted and told. Nobody acknowledges events: a
server that cannot keep up may drop some too.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import deque

from worker.jetstream.connect.connection import Connection
from worker.model.breaker import BreakerStatus
from worker.model.event import TaskFacts, breaker_token, event_token
from worker.model.event_encoding import (
    Moments,
    Stamps,
    Step,
    encode_event,
    encode_facts,
    encode_more,
    encode_quick,
    encode_seconds,
    encode_source,
)
from worker.model.link import LinkChange
from worker.model.names import QueueNames
from worker.model.surroundings import Surroundings

BUFFER = 4 * 1024 * 1024
"""Bytes of events that wait to be sent; enough for a second at 10,000 tasks/s."""
PIECE = 128 * 1024
"""Bytes sent at once; acks wait no longer than these take."""
GATHER = 0.005
"""Seconds between a step and the message that tells it."""
TELL_EVERY = 10.0
"""Seconds between warnings about dropped events."""
STOP_TIMEOUT = 2.0

_REFUSAL = "permissions violation for publish"
_SUBJECT = re.compile(r"[!-~]{1,255}")


class Events:
    """Publishes the events of one worker."""

    def __init__(
        self, connection: Connection, names: QueueNames, worker_id: str, around: Surroundings
    ) -> None:
        """Describe the publisher.

        Args:
            connection: Where to publish.
            names: Which subjects.
            worker_id: The worker whose events they are.
            around: Time, chance for the ids, and a log of what was dropped.

        Raises:
            ValueError: the subjects' prefix cannot be part of a subject.
        """
        if not _SUBJECT.fullmatch(names.events("x")):
            raise ValueError(f"{names.prefix!r} cannot be the prefix of a subject")
        self._connection = connection
        self._prefix = names.events("")
        self._worker_id = worker_id
        self._clock = around.clock
        self.now = around.clock.monotonic
        self._log = around.log
        self._born = f"{around.random.getrandbits(48):012x}"
        self._count = 0
        self._stamps = Stamps()
        self._noted: list[TaskEvents] = []
        self._lines: deque[str] = deque()
        self._size = 0
        self._dropped = 0
        self._untold = 0
        self._told_at = float("-inf")
        self._refused = False
        self._wake = asyncio.Event()
        # The server cuts the connection for a message over its limit: command and event count.
        self._longest = connection.client.max_payload
        self._stopping = False

    @property
    def dropped(self) -> int:
        """Events that were not sent since the start."""
        return self._dropped

    def of(self, facts: TaskFacts) -> TaskEvents:
        """Return what tells of one delivery of a task."""
        return TaskEvents(self, facts)

    def breaker(self, status: BreakerStatus) -> None:
        """Tell of a change of a circuit breaker."""
        more = encode_more({"state": status.state, "delay": status.probe_in, "error": status.error})
        steps: list[Step] = [("breaker", self.now(), more)]
        source = encode_source(status.task_type, self._worker_id)
        self._encode()
        self._count += 1
        event = encode_event(f"{self._born}-{self._count}", steps, self._stamps, source)
        self._append(breaker_token(status.task_type), event, 1)
        self._wake.set()

    async def run(self) -> None:
        """Send what is noted until `stop`, and then the rest, for which there are two seconds."""
        unlisten = self._connection.listen(self._on_link)
        try:
            while not self._stopping:
                await self._wake.wait()
                self._wake.clear()
                await asyncio.sleep(0 if self._stopping else GATHER)
                if self._send():
                    self._wake.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_TIMEOUT):
                    while self._send():  # noqa: ASYNC110 - the socket tells nobody
                        await asyncio.sleep(GATHER)
        finally:
            unlisten()
            self._tell_dropped()

    def stop(self) -> None:
        """Send what there is, and end."""
        self._stopping = True
        self._wake.set()

    def note(self, events: TaskEvents) -> None:
        """Have what a delivery has to tell sent soon; never waits."""
        if not self._noted:
            self._wake.set()
        self._noted.append(events)

    def _send(self) -> bool:
        """Send what the connection takes now; return whether it would take more a moment later.

        What a slow server leaves over fills our buffer, which drops, and not the client's, in which
        it would hold up acks. What there is while no server is connected stays as well.
        """
        wire = self._connection.wire
        self._encode()
        while self._lines and self._connection.is_connected:
            if wire.unsent > PIECE:
                return True
            wire.put_ready(*self._take())
        return False

    def _encode(self) -> None:
        self._stamps.set(self._clock)
        noted, self._noted = self._noted, []
        for events in noted:
            self._count += 1
            event, steps = events.take(f"{self._born}-{self._count}", self._stamps)
            self._append(event_token(events.facts.task_id), event, steps)

    def _append(self, token: str, event: str, steps: int) -> None:
        line = f"PUB {self._prefix}{token} {len(event)}\r\n{event}\r\n"
        size = self._size + len(line)
        if self._refused or size > BUFFER or len(line) > self._longest:
            self._drop(steps)
            return
        self._lines.append(line)
        self._size = size

    def _take(self) -> tuple[bytes, int]:
        """Return the protocol of the oldest messages, and how many they are."""
        taken: list[str] = []
        size = 0
        while self._lines and size < PIECE:
            taken.append(line := self._lines.popleft())
            size += len(line)
        self._size -= size
        return "".join(taken).encode("ascii"), len(taken)

    def _drop(self, count: int) -> None:
        self._dropped += count
        self._untold += count
        now = self.now()
        if now - self._told_at >= TELL_EVERY:
            self._told_at = now
            self._tell_dropped()

    def _tell_dropped(self) -> None:
        if self._untold:
            why = "the server refuses them" if self._refused else "there are too many"
            self._log.warning("events.dropped", count=self._untold, why=why)
            self._untold = 0

    def _on_link(self, change: LinkChange) -> None:
        if change.event == "reconnected":
            self._refused = False
            self._longest = self._connection.client.max_payload
            self._wake.set()
        elif change.event == "error" and not self._refused:
            said = change.detail.lower()
            self._refused = _REFUSAL in said and self._prefix.lower() in said


class TaskEvents:
    """Tells of one delivery of a task. Every call returns at once.

    Moments are in monotonic seconds. A task that is begun and done before it was told of is the
    rule, and costs no more than its four moments until then.
    """

    __slots__ = ("_quick", "_received", "_steps", "_taken_up", "_to", "facts")

    def __init__(self, to: Events, facts: TaskFacts) -> None:
        self._to = to
        self.facts = facts
        self._quick: Moments | None = None
        self._received = 0.0
        self._taken_up: float | None = None
        self._steps: list[Step] | None = None

    def take(self, event_id: str, stamps: Stamps) -> tuple[str, int]:
        """Return what was not told yet as one message, of how many steps; forget it."""
        facts = encode_facts(self.facts)
        steps, self._steps = self._steps, []
        if self._quick is not None:
            quick, self._quick = self._quick, None
            return encode_quick(event_id, quick, stamps, facts), 3
        if steps is None:
            steps = self._begun()
        return encode_event(event_id, steps, stamps, facts), len(steps)

    def _begun(self) -> list[Step]:
        at, taken_up = self._received, self._taken_up
        if taken_up is None:
            return []
        received = encode_seconds(taken_up - at)
        return [("received", at, received), ("started", taken_up, "")]

    def taken_up(self, received: float, at: float) -> None:
        """It came at one moment, and its handler began at another; said before anything else."""
        self._received = received
        self._taken_up = at
        self._to.note(self)

    def received(self, at: float, taken_up: float, message: str = "") -> None:
        """It came at one moment and was taken up at another; `message` is for people."""
        more = encode_more({"message": message}) if message else ""
        self._note(("received", at, encode_seconds(taken_up - at) + more))

    def started(self, at: float) -> None:
        """Its handler began."""
        self._note(("started", at, ""))

    def held(self, error: str) -> None:
        """It waits in hand for the circuit breaker of its type, after an error if that is given."""
        self._note(("held", self._to.now(), encode_more({"error": error}) if error else ""))

    def progress(self, share: float, message: str) -> None:
        """Its handler says how far it is, from 0 to 1, and with what; the latest word counts."""
        more = encode_more({"progress": share, "message": message})
        step: Step = ("progress", self._to.now(), more)
        if self._steps and self._steps[-1][0] == "progress":
            self._steps[-1] = step
        else:
            self._note(step)

    def succeeded(self, seconds: float) -> None:
        """Its handler took so long."""
        now = self._to.now()
        if self._steps is None and self._taken_up is not None:
            self._quick = self._received, self._taken_up, now, seconds
        else:
            self._note(("succeeded", now, encode_seconds(seconds)))

    def retrying(self, delay: float, error: str) -> None:
        """It failed and comes again after `delay` seconds."""
        more = encode_more({"delay": delay, "error": error})
        self._note(("retrying", self._to.now(), more))

    def dead_lettered(self, reason: str, error: str) -> None:
        """It lies in the dead letters now."""
        more = encode_more({"reason": reason, "error": error})
        self._note(("dead_lettered", self._to.now(), more))

    def duplicate_skipped(self, message: str) -> None:
        """It was done before, or is being done elsewhere."""
        more = encode_more({"message": message})
        self._note(("duplicate_skipped", self._to.now(), more))

    def _note(self, step: Step) -> None:
        if self._steps is None:
            self._steps = self._begun()
        if not self._steps:
            self._to.note(self)
        self._steps.append(step)
