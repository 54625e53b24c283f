"""The loop: as many deliveries as there is room for, each run by one of a fixed number of slots."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from worker.jetstream.settle import LostDeliveryError, Receipt, Settlements
from worker.jetstream.source import Source
from worker.model.delivery import Delivery
from worker.model.surroundings import Surroundings
from worker.runtime.burial import Burials
from worker.runtime.execute import Executor
from worker.runtime.heartbeat import Heartbeats

AHEAD = 0.05
"""Seconds of work to have at hand: quick tasks are fetched ahead, so that no slot waits."""
MOST_AHEAD = 1000
WEIGHT = 0.05
"""How much the latest task counts in the mean duration."""
BREATH = 64
"""Deliveries that a slot runs before it lets others have the event loop."""
HAND_BACK = 2.0
"""Seconds for what was interrupted to be handed back, after the grace."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What goes on beside the slots.

    `heartbeats` keep deliveries ours while they wait and run; `burials` end before the loop does;
    `settlements` repeat what a lost connection swallowed.
    """

    heartbeats: Heartbeats
    burials: Burials
    settlements: Settlements


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
        self._heartbeats = keeping.heartbeats
        self._burials = keeping.burials
        self._settlements = keeping.settlements
        self._receipt = receipt
        self._concurrency = concurrency
        self._clock = around.clock
        self._log = around.log
        self._waiting: asyncio.Queue[Receipt] = asyncio.Queue()
        self._held = 0
        self._mean = float("inf")
        self._closing = False
        self._interrupted = False
        self._empty = asyncio.Event()
        self._source: Source | None = None

    @property
    def running(self) -> int:
        """How many deliveries are being run."""
        return self._held - self._waiting.qsize()

    def room(self) -> int:
        """Return how many more deliveries would be taken."""
        if self._closing:
            return 0
        ahead = min(MOST_AHEAD, int(self._concurrency * AHEAD / max(self._mean, 1e-9)))
        return max(0, self._concurrency + ahead - self._held)

    def accept(self, delivery: Delivery) -> None:
        """Take a delivery, to be run as soon as a slot is free."""
        receipt = self._receipt(delivery)
        self._heartbeats.add(receipt)
        self._held += 1
        self._empty.clear()
        self._waiting.put_nowait(receipt)

    async def run(self, source: Source, stop: asyncio.Event, grace: float) -> None:
        """Pull and run until `stop`; then let what runs finish within `grace` seconds."""
        self._source = source
        self._empty.set()
        async with asyncio.TaskGroup() as group:
            pulling = group.create_task(source.run())
            beating = group.create_task(self._heartbeats.run())
            confirming = group.create_task(self._settlements.run())
            slots = [group.create_task(self._slot()) for _ in range(self._concurrency)]
            await stop.wait()
            deadline = asyncio.get_running_loop().time() + grace
            self._closing = True
            source.stop()
            await self._hand_back()
            await pulling
            await self._hand_back()
            await self._finish(slots, deadline)
            for task in (beating, confirming, *slots):
                task.cancel()

    async def _slot(self) -> None:
        since_breath = 0
        while True:
            receipt = await self._waiting.get()
            began = self._clock.monotonic()
            try:
                await self._executor.execute(receipt)
            finally:
                self._release(receipt)
            self._learn(self._clock.monotonic() - began)
            if self._interrupted:
                return
            since_breath += 1
            if since_breath >= BREATH:
                since_breath = 0
                await asyncio.sleep(0)

    def _release(self, receipt: Receipt) -> None:
        if receipt.settled:
            self._heartbeats.discard(receipt)
        self._held -= 1
        if not self._held:
            self._empty.set()
        if self._source is not None:
            self._source.room_changed()

    def _learn(self, seconds: float) -> None:
        first = self._mean == float("inf")
        self._mean = seconds if first else self._mean + WEIGHT * (seconds - self._mean)

    async def _hand_back(self) -> None:
        """Give back what was not begun; a last attempt is run, for nobody would get it again."""
        last_attempts = []
        while not self._waiting.empty():
            receipt = self._waiting.get_nowait()
            if not self._executor.may_come_again(receipt.delivery):
                last_attempts.append(receipt)
                continue
            with contextlib.suppress(LostDeliveryError):
                await receipt.nak()
            self._release(receipt)
        for receipt in last_attempts:
            self._waiting.put_nowait(receipt)

    async def _finish(self, slots: list[asyncio.Task[None]], deadline: float) -> None:
        self._log.info("worker.finishing", running=self._held)
        try:
            async with asyncio.timeout_at(deadline):
                await self._empty.wait()
                await self._burials.finish()
        except TimeoutError:
            self._log.warning("worker.interrupting", running=self._held)
            await self._interrupt(slots)

    async def _interrupt(self, slots: list[asyncio.Task[None]]) -> None:
        self._interrupted = True
        for slot in slots:
            slot.cancel()
        while not self._waiting.empty():
            receipt = self._waiting.get_nowait()
            await self._executor.interrupt(receipt)
            self._release(receipt)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HAND_BACK):
                await self._empty.wait()
                await self._burials.finish()
        await self._burials.abandon()
