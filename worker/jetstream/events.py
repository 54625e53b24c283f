"""Task events, sent and forgotten: they never make a task wait, and never fail one.

They go out in batches as ready protocol text, at half the cost of a `publish` for each: 3 µs an
event against 6 (measured, 300 bytes). The server pays more than we do, so of the lesser kinds, that
a task was received and started, no more than `LESSER_RATE` a second go out. What does not fit the
buffer is dropped. Both are counted and told. Nobody acknowledges events: a server that cannot keep
up may drop some too.
"""

from __future__ import annotations

import asyncio
import contextlib
import re

from worker.jetstream.connection import Connection
from worker.model.breaker import BreakerStatus
from worker.model.event import (
    EventKind,
    Stamps,
    TaskFacts,
    breaker_token,
    encode_event,
    encode_facts,
    encode_more,
    encode_seconds,
    encode_source,
    event_token,
)
from worker.model.link import LinkChange
from worker.model.names import QueueNames
from worker.model.surroundings import Surroundings

BUFFER = 4 * 1024 * 1024
"""Bytes of events that wait to be sent; enough for some seconds at 5,000 tasks/s."""
PIECE = 128 * 1024
"""Bytes sent at once; acks wait no longer than these take."""
GATHER = 0.005
"""Seconds to wait for more events before a batch goes."""
LESSER_RATE = 10_000
"""Events a second that tell of tasks received, started and under way: those of 5,000 tasks/s."""
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
        self._publish = f"PUB {self._prefix}"
        self._worker_id = worker_id
        self._clock = around.clock
        self._log = around.log
        self._born = f"{around.random.getrandbits(48):012x}"
        self._count = 0
        self._stamps = Stamps()
        self._lines: list[str] = []
        self._size = 0
        self._spare = float(LESSER_RATE)
        self._spared_at = around.clock.monotonic()
        self._dropped = 0
        self._untold = 0
        self._told_at = float("-inf")
        self._refused = False
        self._wake = asyncio.Event()
        # The same as `_wake`, sooner to read.
        self._awake = False
        # The server cuts the connection for a message over its limit: command and event count.
        self._longest = connection.client.max_payload
        self._stopping = False

    @property
    def dropped(self) -> int:
        """Events that were not sent since the start."""
        return self._dropped

    def of(self, facts: TaskFacts) -> TaskEvents:
        """Return what tells of one delivery of a task."""
        return TaskEvents(self, self._command(event_token(facts.task_id)), encode_facts(facts))

    def breaker(self, status: BreakerStatus) -> None:
        """Tell of a change of a circuit breaker."""
        more = encode_more({"state": status.state, "delay": status.probe_in, "error": status.error})
        source = encode_source(status.task_type, self._worker_id)
        self.put(self._command(breaker_token(status.task_type)), "breaker", source, more)

    async def run(self) -> None:
        """Send what is put until `stop`, and then the rest, for which there are two seconds."""
        unlisten = self._connection.listen(self._on_link)
        try:
            while not self._stopping:
                await self._wake.wait()
                if not self._stopping:
                    await asyncio.sleep(GATHER)
                await self._send()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_TIMEOUT):
                    await self._send()
        finally:
            unlisten()
            self._tell_dropped()

    def stop(self) -> None:
        """Send what there is, and end."""
        self._stopping = True
        self._wake.set()

    def put(self, command: str, kind: EventKind, facts: str, more: str = "") -> None:
        """Have an event sent; never waits. `command` is what `_command` gave."""
        self._append(1, self._line(command, kind, facts, more, self._now()))

    def put_lesser(self, command: str, kind: EventKind, facts: str, more: str = "") -> None:
        """Have an event sent if not too many of the lesser kinds are."""
        if self._may_spend(1):
            self.put(command, kind, facts, more)

    def put_begun(self, command: str, facts: str, waited: float) -> None:
        """Have it told that a task was received and started; both are of the lesser kinds."""
        if self._may_spend(2):
            now = self._now()
            received = self._line(command, "received", facts, encode_seconds(waited), now)
            self._append(2, received + self._line(command, "started", facts, "", now))

    def _now(self) -> str:
        return self._stamps.text(self._clock.now())

    def _line(self, command: str, kind: EventKind, facts: str, more: str, at: str) -> str:
        self._count += 1
        event = encode_event(f"{self._born}-{self._count}", at, kind, facts, more)
        return f"{command}{len(event)}\r\n{event}\r\n"

    def _may_spend(self, count: int) -> bool:
        if self._spare < count:
            self._drop(count)
            return False
        self._spare -= count
        return True

    def _append(self, count: int, lines: str) -> None:
        size = self._size + len(lines)
        if self._refused or size > BUFFER or len(lines) > self._longest:
            self._drop(count)
            return
        self._lines.append(lines)
        self._size = size
        if not self._awake:
            self._awake = True
            self._wake.set()

    def _command(self, token: str) -> str:
        return f"{self._publish}{token} "

    async def _send(self) -> None:
        """Send what there is, in pieces; keep it where no server is connected."""
        wire = self._connection.wire
        self._spare_again()
        while self._lines and self._connection.is_connected:
            # A slow server fills our buffer, which drops, and not the client's, which blocks acks.
            if wire.unsent > PIECE:
                await asyncio.sleep(GATHER)
                self._spare_again()
            else:
                wire.put_ready(*self._take())
        self._awake = False
        self._wake.clear()

    def _spare_again(self) -> None:
        now = self._clock.monotonic()
        self._spare = min(LESSER_RATE, self._spare + LESSER_RATE * (now - self._spared_at))
        self._spared_at = now

    def _take(self) -> tuple[bytes, int]:
        """Return the protocol of the oldest events, and how many messages it holds."""
        size = count = 0
        for line in self._lines:
            size += len(line)
            count += 1
            if size >= PIECE:
                break
        taken, self._lines = self._lines[:count], self._lines[count:]
        self._size -= size
        piece = "".join(taken).encode("ascii")
        # Two line ends for each event: there is none inside.
        return piece, piece.count(b"\r\n") // 2

    def _drop(self, count: int) -> None:
        self._dropped += count
        self._untold += count
        now = self._clock.monotonic()
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
    """Tells of one delivery of a task. Every call returns at once."""

    __slots__ = ("_command", "_facts", "_to")

    def __init__(self, to: Events, command: str, facts: str) -> None:
        self._to = to
        self._command = command
        self._facts = facts

    def received(self, waited: float) -> None:
        """It came, `waited` seconds ago."""
        self._to.put_lesser(self._command, "received", self._facts, encode_seconds(waited))

    def started(self) -> None:
        """Its handler begins."""
        self._to.put_lesser(self._command, "started", self._facts)

    def begun(self, waited: float) -> None:
        """It came, `waited` seconds ago, and its handler begins: both of the above, for less."""
        self._to.put_begun(self._command, self._facts, waited)

    def held(self) -> None:
        """It waits in hand: the circuit breaker of its type is open."""
        self._put("held")

    def progress(self, share: float, message: str) -> None:
        """Its handler says how far it is, from 0 to 1, and with what."""
        more = encode_more({"progress": share, "message": message})
        self._to.put_lesser(self._command, "progress", self._facts, more)

    def succeeded(self, seconds: float) -> None:
        """Its handler took so long."""
        self._put("succeeded", encode_seconds(seconds))

    def retrying(self, delay: float, error: str) -> None:
        """It failed and comes again after `delay` seconds."""
        self._put("retrying", encode_more({"delay": delay, "error": error}))

    def dead_lettered(self, reason: str, error: str) -> None:
        """It lies in the dead letters now."""
        self._put("dead_lettered", encode_more({"reason": reason, "error": error}))

    def duplicate_skipped(self, message: str) -> None:
        """It was done before, or is being done elsewhere."""
        self._put("duplicate_skipped", encode_more({"message": message}))

    def _put(self, kind: EventKind, more: str = "") -> None:
        self._to.put(self._command, kind, self._facts, more)
