"""A fixed number of slots, each an asyncio task that runs one job at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

J = TypeVar("J")
Run = Callable[[J, asyncio.Task[object]], Awaitable[None]]
"""Runs a job in this asyncio task, a slot."""

BREATH = 64
"""Jobs that a slot runs before it lets others have the event loop."""


class Slots(Generic[J]):
    """Runs what is put, in that order.

    A slot that is woken takes job after job for as long as there are any, and wakes the next one
    only as a reserve for when it has to wait: quick jobs cost no change between tasks.
    """

    def __init__(self, count: int, run: Run[J]) -> None:
        """Describe `count` slots; `run` must raise nothing but CancelledError."""
        self._count = count
        self._run = run
        self._waiting: deque[J] = deque()
        self._idle: list[asyncio.Future[None]] = []
        self._waking = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def waiting(self) -> int:
        """How many jobs wait for a slot."""
        return len(self._waiting)

    def start(self, group: asyncio.TaskGroup) -> None:
        """Begin to run."""
        self._tasks = [group.create_task(self._work()) for _ in range(self._count)]

    def cancel(self) -> None:
        """End the slots, whatever they do."""
        for task in self._tasks:
            task.cancel()

    def put(self, job: J) -> None:
        """Have a job run."""
        self._waiting.append(job)
        if not self._waking:
            self._wake()

    def take_back(self) -> list[J]:
        """Return what waits, no longer to be run."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def _wake(self) -> None:
        if self._idle:
            self._waking = True
            idle = self._idle.pop()
            if not idle.done():
                idle.set_result(None)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        slot = asyncio.current_task()
        assert slot is not None
        since_breath = 0
        while True:
            while not self._waiting:
                idle = loop.create_future()
                self._idle.append(idle)
                await idle
                self._waking = False
            job = self._waiting.popleft()
            if self._waiting and not self._waking:
                self._wake()
            await self._run(job, slot)
            since_breath += 1
            if since_breath >= BREATH:
                since_breath = 0
                await asyncio.sleep(0)
