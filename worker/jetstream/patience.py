"""Waiting for a server that is away: for calls that may be repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from worker.jetstream.api import Api
from worker.jetstream.errors import NotAllowedError, UncertainError, UnreachableError
from worker.model.clock import Clock

PATIENCE = 30.0
"""Seconds that a call is repeated while the server is away."""
_POLL = 0.1

T = TypeVar("T")


class Patience:
    """Repeats calls over one connection until they are answered."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._client = api.client
        self._clock = clock

    def deadline(self) -> float:
        """Return when patience ends that begins now, by the monotonic clock."""
        return self._clock.monotonic() + PATIENCE

    def is_over(self, deadline: float) -> bool:
        """Return whether a deadline of `deadline` has passed."""
        return self._clock.monotonic() >= deadline

    async def repeat(self, call: Callable[[], Awaitable[T]]) -> T:
        """Repeat a call that may be repeated until the server answers, or patience is at its end.

        Raises:
            NotAllowedError: the server forbids it.
            UncertainError, UnreachableError: the last try's, after `PATIENCE` seconds.
        """
        deadline = self.deadline()
        while True:
            try:
                return await call()
            except NotAllowedError:
                raise
            except (UncertainError, UnreachableError):
                if not await self.reconnected(deadline):
                    raise

    async def reconnected(self, deadline: float) -> bool:
        """Wait a little, then for a server; return whether there is one before the deadline."""
        await asyncio.sleep(_POLL)
        while not self._client.is_connected:
            if self.is_over(deadline) or self._client.is_closed:
                return False
            await asyncio.sleep(_POLL)
        return not self.is_over(deadline)
