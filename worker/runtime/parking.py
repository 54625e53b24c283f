"""Jobs that wait in hand for a moment, in no slot: until a lease ends, or the ledger answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from worker.runtime.job import Job

MOST = 1000
"""Jobs that may wait at once."""


class Parking:
    """Gives jobs back when their time comes."""

    def __init__(self, release: Callable[[Job], None]) -> None:
        self._release = release
        self._waiting: dict[Job, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether no more may wait."""
        return len(self._waiting) >= MOST

    def park(self, job: Job, seconds: float) -> None:
        """Keep a job for so long."""
        loop = asyncio.get_running_loop()
        self._waiting[job] = loop.call_later(seconds, self._on_timer, job)

    def take_back(self) -> list[Job]:
        """Return all that wait, at once."""
        for timer in self._waiting.values():
            timer.cancel()
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def _on_timer(self, job: Job) -> None:
        del self._waiting[job]
        self._release(job)
