"""Publishing with the server's acknowledgement, many at a time, at a tenth of a request's cost.

All that is published in one turn of the event loop leaves in one write. One subscription takes all
answers, and one timer all timeouts.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

from worker.jetstream.api import DEFAULT_TIMEOUT, EXPECTED_LAST_SUBJECT_SEQUENCE, decoded
from worker.jetstream.connect.connection import Connection
from worker.jetstream.errors import UncertainError, UnreachableError
from worker.jetstream.requests import Answer
from worker.jetstream.wire.wire import DirectSubscription
from worker.model.link import LinkChange

_HEADERS = b"NATS/1.0\r\n%b: %%d\r\n\r\n" % EXPECTED_LAST_SUBJECT_SEQUENCE.encode()
# A third of the time that it takes to decode it as JSON, which is what any other answer gets.
_STORED = re.compile(rb'\{"stream":"[^"\\]*", ?"seq":(\d+)[,}]')


class _Waiting(NamedTuple):
    subject: str
    until: float
    answer: asyncio.Future[Answer]


class Pipeline:
    """Publishes on one connection. Made and used inside `async with`, on one event loop."""

    def __init__(self, connection: Connection, within: float = DEFAULT_TIMEOUT) -> None:
        self._wire = connection.wire
        self._connection = connection
        self._within = within
        self._inbox = connection.client.new_inbox()
        self._loop = asyncio.get_running_loop()
        self._sent = 0
        self._tokens = 0
        # By the subject of its answer, oldest first.
        self._waiting: dict[str, _Waiting] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._subscription: DirectSubscription | None = None
        self._unlisten: Callable[[], None] | None = None

    def unique(self) -> str:
        """Return a token that is given once, whatever pipeline of whatever process is asked."""
        self._tokens += 1
        return f"{self._inbox.rpartition('.')[2]}-{self._tokens}"

    async def __aenter__(self) -> Self:
        """Start to take answers."""
        self._subscription = await self._wire.subscribe(f"{self._inbox}.*", self._receive)
        self._unlisten = self._connection.listen(self._on_link)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take no more answers; those still awaited are missing."""
        if self._unlisten is not None:
            self._unlisten()
        self._give_up(float("inf"), "given up")
        if self._timer is not None:
            self._timer.cancel()
        if self._subscription is not None:
            await self._subscription.unsubscribe()

    async def publish(self, subject: str, body: bytes, expected: int) -> int:
        """Store a message if the subject's last one has the sequence `expected`, 0 for none.

        `subject` must be checked: it is sent as it is. Returns the sequence.

        Raises:
            ApiError: refused, `err_code` 10071 where the last one has another sequence.
            UncertainError: no acknowledgement in time, or the connection was lost meanwhile; it may
                be stored all the same, even later.
            UnreachableError: not connected, or no stream takes the subject.
        """
        self._sent += 1
        reply = f"{self._inbox}.{self._sent}"
        if not self._wire.put(subject, body, reply, _HEADERS % expected):
            raise UnreachableError(f"{subject}: not connected")
        until = self._loop.time() + self._within
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting[reply] = _Waiting(subject, until, answer)
        if self._timer is None:
            self._timer = self._loop.call_at(until, self._on_timer)
        try:
            return _sequence(subject, await answer)
        finally:
            self._waiting.pop(reply, None)

    def _receive(self, subject: str, _reply: str, headers: bytes, data: bytes) -> None:
        waiting = self._waiting.pop(subject, None)
        if waiting is not None and not waiting.answer.done():
            waiting.answer.set_result(Answer(headers, data))

    def _on_timer(self) -> None:
        self._timer = None
        self._give_up(self._loop.time(), "no answer from the server")
        if self._waiting:
            oldest = next(iter(self._waiting.values()))
            self._timer = self._loop.call_at(oldest.until, self._on_timer)

    def _on_link(self, change: LinkChange) -> None:
        if change.event in ("disconnected", "closed"):
            self._give_up(float("inf"), "the connection was lost before the answer")

    def _give_up(self, now: float, why: str) -> None:
        while self._waiting:
            reply, oldest = next(iter(self._waiting.items()))
            if oldest.until > now:
                return
            del self._waiting[reply]
            if not oldest.answer.done():
                oldest.answer.set_exception(UncertainError(f"{oldest.subject}: {why}"))


def _sequence(subject: str, answer: Answer) -> int:
    stored = _STORED.match(answer.data)
    if stored is not None:
        return int(stored[1])
    if answer.is_from_nobody:
        raise UnreachableError(f"{subject}: no stream takes this subject")
    return int(decoded(subject, answer.data)["seq"])
