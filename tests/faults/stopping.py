"""A connection whose owner stops before its Nth request to the server: for good, or for a time.

Nothing leaves it any more, as from a process that was killed, or stopped and goes on much later
without knowing. It costs no process, so it can be done at every request of every operation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from worker.jetstream.api import Api
from worker.jetstream.errors import JetStreamError
from worker.jetstream.requests import Answer, Asked, Requests


class Stopping(Requests):
    """The requests of a connection, counted; the one numbered `at` waits for `goes_on`."""

    def __init__(self, inner: Requests, at: int) -> None:
        self._inner = inner
        self._at = at
        self._late: list[tuple[str, bytes, bytes, str]] = []
        self._is_killed = False
        self.sent = 0
        self.stopped = asyncio.Event()
        self.goes_on = asyncio.Event()

    @classmethod
    def of(cls, api: Api, at: int) -> Stopping:
        """Have an API's requests counted from now on; nothing of it goes out after the last."""
        inner = api._requests
        while isinstance(inner, Stopping):
            inner = inner._inner
        made = cls(inner, at)
        api._requests = made
        return made

    @property
    def waits(self) -> bool:
        """Whether nothing goes out just now."""
        return self.stopped.is_set() and not self.goes_on.is_set()

    def kill(self) -> None:
        """Have nothing go out ever again, whoever waits for it."""
        self._is_killed = True
        self._late.clear()
        self.stopped.set()
        self.goes_on.set()

    def go_on(self) -> None:
        """Send what waited, and all that follows."""
        self.goes_on.set()
        for subject, body, headers, reply in self._late:
            self._inner.post(subject, body, headers, reply)
        self._late.clear()

    async def ask(self, subject: str, body: bytes, headers: bytes, within: float) -> Answer:
        """Ask, once nothing holds it up."""
        self.sent += 1
        if self.sent == self._at:
            self.stopped.set()
        if self.waits:
            await self.goes_on.wait()
        if self._is_killed:
            raise asyncio.CancelledError
        return await self._inner.ask(subject, body, headers, within)

    async def ask_all(self, asked: Sequence[Asked], within: float) -> list[Answer | JetStreamError]:
        """Ask those before the one that is held up, and the others once nothing holds them up."""
        free = min(len(asked), max(0, self._at - 1 - self.sent)) if self._at > self.sent else 0
        if not self.waits and self.sent >= self._at:
            free = len(asked)
        self.sent += free
        answers = await self._inner.ask_all(asked[:free], within)
        if self._is_killed:
            raise asyncio.CancelledError
        if free == len(asked):
            return answers
        if self.sent + 1 == self._at:
            self.stopped.set()
        if self.waits:
            await self.goes_on.wait()
        if self._is_killed:
            raise asyncio.CancelledError
        self.sent += len(asked) - free
        return [*answers, *await self._inner.ask_all(asked[free:], within)]

    def post(self, subject: str, body: bytes, headers: bytes = b"", reply: str = "") -> None:
        """Send, unless something holds it up."""
        if self._is_killed:
            return
        if self.waits:
            self._late.append((subject, body, headers, reply))
        else:
            self._inner.post(subject, body, headers, reply)
