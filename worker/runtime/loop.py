"""The loop: as many deliveries as there is room for, each run by one of a fixed number of slots."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from worker.handlers.interrupts import Interrupts
from worker.jetstream.deliveries.settle import Receipt
from worker.jetstream.deliveries.source import Source
from worker.model.delivery import Delivery
from worker.model.surroundings import Surroundings
from worker.runtime.breakers import Breakers
from worker.runtime.burial import Burials
from worker.runtime.execute import Executor
from worker.runtime.heartbeat import Heartbeats
from worker.runtime.job import Job
from worker.runtime.parking import Parking
from worker.runtime.slots import Slots
from worker.runtime.under_way import UnderWay

AHEAD = 0.05
"""Seconds of work to have at hand: quick tasks are fetched ahead, so that no slot waits."""
MOST_AHEAD = 1000
WEIGHT = 0.05
"""How much the latest task counts in the mean duration."""
HAND_BACK = 2.0
"""Seconds for what was interrupted to be handed back, after the grace."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What goes on beside the slots.

    `heartbeats` keep deliveries ours while they wait and run; `breakers` and `parking` have those
    that wait in hand; `settling` and `burials` end before the loop does; `interrupts` ends
    handlers; `beside` is what runs for as long as the loop does.
    """

    heartbeats: Heartbeats
    breakers: Breakers[Job]
    parking: Parking
    settling: UnderWay
    burials: Burials
    interrupts: Interrupts
    beside: tuple[Callable[[], Coroutine[Any, Any, None]], ...]


class Loop:
    """Runs deliveries in `concurrency` slots."""

    def __init__(
        self,
        executor: Executor,
        keeping: Keeping,
        receipt: Callable[[Delivery], Receipt],
        concurrency: int,
        around: Surroundings,
    ) -> None:
        """Describe the loop.

        Args:
            executor: Runs one delivery.
            keeping: What goes on beside the slots.
            receipt: Makes the receipt of a delivery.
            concurrency: How many run at once.
            around: Time, and a log of how the loop leaves.
        """
        self._executor = executor
        self._keeping = keeping
        self._heartbeats = keeping.heartbeats
        self._receipt = receipt
        self._concurrency = concurrency
        self._clock = around.clock
        self._log = around.log
        self._slots = Slots[Job](concurrency, self._run)
        self._held = 0
        self._mean = float("inf")
        self._room_changed = False
        self._closing = False
        self._empty = asyncio.Event()
        self._source: Source | None = None
        self._turn = asyncio.get_running_loop()

    def room(self) -> int:
        """Return how many more deliveries would be taken."""
        if self._closing:
            return 0
        ahead = min(MOST_AHEAD, int(self._concurrency * AHEAD / max(self._mean, 1e-9)))
        return self._keeping.breakers.room(max(0, self._concurrency + ahead - self._held))

    def accept(self, delivery: Delivery) -> None:
        """Take a delivery, to be run as soon as a slot is free."""
        receipt = self._receipt(delivery)
        self._heartbeats.add(receipt)
        self.again(Job(receipt))

    def again(self, job: Job) -> None:
        """Have a job run, also one that had to wait in hand."""
        self._held += 1
        self._slots.put(job)

    async def run(self, source: Source, stop: asyncio.Event, grace: Callable[[], float]) -> None:
        """Pull and run until `stop`; then let what runs finish within `grace()` seconds."""
        self._source = source
        async with asyncio.TaskGroup() as group:
            pulling = group.create_task(source.run())
            beside = [group.create_task(work()) for work in self._keeping.beside]
            self._slots.start(group)
            await stop.wait()
            deadline = asyncio.get_running_loop().time() + grace()
            self._closing = True
            self._executor.leave()
            source.stop()
            await self._hand_back()
            await pulling
            await self._hand_back()
            await self._finish(deadline)
            for task in beside:
                task.cancel()
            self._slots.cancel()

    async def _run(self, job: Job, slot: asyncio.Task[object]) -> None:
        began = self._clock.monotonic()
        try:
            await self._executor.execute(job, slot)
        finally:
            self._release(job)
        self._mean = mean(self._mean, self._clock.monotonic() - began)

    def _release(self, job: Job) -> None:
        if job.receipt.settled:
            self._heartbeats.discard(job.receipt)
        self._held -= 1
        if self._closing and not self._held:
            self._empty.set()
        if not self._room_changed:
            # Once for all that end in this turn of the event loop.
            self._room_changed = True
            self._turn.call_soon(self._tell_room)

    def _tell_room(self) -> None:
        self._room_changed = False
        if self._source is not None:
            self._source.room_changed()

    def _take_back(self) -> list[Job]:
        """Return all jobs that are not being run, as if they came anew."""
        waiting = self._keeping.breakers.drain() + self._keeping.parking.take_back()
        self._held += len(waiting)
        return self._slots.take_back() + waiting

    async def _hand_back(self) -> None:
        """Give back what was not begun; a last attempt is run, for nobody would get it again."""
        last_attempts = []
        for job in self._take_back():
            if await self._executor.hand_back(job):
                self._release(job)
            else:
                last_attempts.append(job)
        for job in last_attempts:
            self._slots.put(job)

    async def _finish(self, deadline: float) -> None:
        self._log.info("worker.finishing", running=self._held)
        try:
            async with asyncio.timeout_at(deadline):
                await self._until_empty()
        except TimeoutError:
            self._log.warning("worker.interrupting", running=self._held)
            await self._interrupt()

    async def _until_empty(self) -> None:
        while self._held or len(self._keeping.parking):
            self._empty.clear()
            await self._empty.wait()
        await self._keeping.settling.finish()
        await self._keeping.burials.finish()

    async def _interrupt(self) -> None:
        """End what still runs, and what was never begun with it."""
        for job in self._keeping.parking.take_back():
            # Another worker runs the task: what becomes of it is that one's to say.
            job.receipt.abandon()
        self._keeping.interrupts.interrupt_all("shutdown")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HAND_BACK):
                for job in self._take_back():
                    await self._executor.interrupt(job)
                    self._release(job)
                await self._until_empty()
        await self._keeping.settling.abandon()
        await self._keeping.burials.abandon()


def mean(before: float, seconds: float) -> float:
    """Return the running mean after one more; infinity before the first."""
    return seconds if before == float("inf") else before + WEIGHT * (seconds - before)
