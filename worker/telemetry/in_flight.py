"""What runs at this moment: the one list behind the gauge, the fleet's view, and the loop watch."""

from __future__ import annotations

import asyncio
from typing import NamedTuple


class Running(NamedTuple):
    """A task whose handler runs. `began` is monotonic seconds."""

    task_id: str
    tenant_id: str
    task_type: str
    attempt: int
    stream_sequence: int
    began: float


class InFlight:
    """The tasks whose handlers run, by the asyncio task that runs each."""

    def __init__(self) -> None:
        self._running: dict[asyncio.Task[object] | None, Running] = {}

    def __len__(self) -> int:
        """Return how many run."""
        return len(self._running)

    def enter(self, running: Running) -> None:
        """The current asyncio task begins to run this one."""
        self._running[asyncio.current_task()] = running

    def leave(self) -> None:
        """The current asyncio task has ended what it ran."""
        self._running.pop(asyncio.current_task(), None)

    def of(self, task: asyncio.Task[object] | None) -> Running | None:
        """Return what an asyncio task runs; safe in another thread."""
        return self._running.get(task)

    def longest(self, count: int) -> list[Running]:
        """Return those that run longest, at most `count`; safe in another thread."""
        return sorted(self._running.values(), key=lambda running: running.began)[:count]
