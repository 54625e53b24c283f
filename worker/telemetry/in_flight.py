"""What runs at this moment: the one list behind the gauge, the fleet's view, and the loop watch."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from worker.model.event import TaskFacts


class Running(NamedTuple):
    """A task whose handler runs. `began` is monotonic seconds."""

    facts: TaskFacts
    began: float


class InFlight:
    """The tasks whose handlers run, by the asyncio task that runs each."""

    def __init__(self) -> None:
        # Not as `Running`: that is for those who read, and few do.
        self._running: dict[asyncio.Task[object] | None, tuple[TaskFacts, float]] = {}

    def __len__(self) -> int:
        """Return how many run."""
        return len(self._running)

    def enter(self, slot: asyncio.Task[object] | None, facts: TaskFacts, began: float) -> None:
        """The asyncio task begins, at `began` monotonic seconds, to run this one."""
        self._running[slot] = facts, began

    def leave(self, slot: asyncio.Task[object] | None) -> None:
        """The asyncio task has ended what it ran."""
        self._running.pop(slot, None)

    def of(self, task: asyncio.Task[object] | None) -> Running | None:
        """Return what an asyncio task runs; safe in another thread."""
        found = self._running.get(task)
        return None if found is None else Running(*found)

    def longest(self, count: int) -> list[Running]:
        """Return those that run longest, at most `count`; safe in another thread."""
        found = sorted(self._running.values(), key=lambda running: running[1])
        return [Running(*running) for running in found[:count]]
