"""Keeps the index true: filled from the newest down, then followed as letters come and go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace

from farutech_console.operations.errors import OperationError
from farutech_console.operations.index.state import IndexState
from farutech_console.operations.index.store import Store
from farutech_console.operations.queue import Queue
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.errors import JetStreamError
from worker.jetstream.reading.reader import Extent

LOOK_S = 5.0
"""Seconds between looks at the stream where nobody says that it changed."""
TURN_S = 2.0
"""Seconds of filling after which new letters come first."""
FEW = 400
"""Letters among which those that are gone are found by reading all of them."""
REREAD_S = 30.0
"""Seconds between two readings of everything, where the server does not count for us."""


class Filler:
    """Fills a store with the dead letters of a queue. `state` is replaced, never changed."""

    def __init__(self, store: Store, queue: Callable[[], Queue]) -> None:
        self.state = IndexState()
        self._store = store
        self._queue = queue
        self._poked = asyncio.Event()
        self._stream = ""
        self._reread_at = -REREAD_S

    def poke(self) -> None:
        """Look at once: something changed."""
        self._poked.set()

    async def run(self) -> None:
        """Go on for ever."""
        while True:
            self._poked.clear()
            try:
                more = await self._round()
                self.state = replace(self.state, failure="")
            except (JetStreamError, OperationError) as error:
                more = False
                self.state = replace(self.state, failure=str(error))
            if not more:
                waiting = asyncio.ensure_future(self._poked.wait())
                await asyncio.wait((waiting,), timeout=LOOK_S)
                waiting.cancel()

    async def forget(self, sequences: list[int]) -> None:
        """Drop letters that are known to be gone."""
        self._removed(await self._store.remove(sequences))

    async def _round(self) -> bool:
        """Do what is to be done next; return whether more is."""
        queue = self._queue()
        layout = await queue.layout()
        letters = DeadLetters(queue.api, layout)
        extent = await letters.extent()
        if layout.dlq_generation != self._stream or extent.last_sequence < self.state.high:
            await self._begin(layout.dlq_generation, extent)
        max_age = layout.dead_letters.max_age
        self._store.keep_for(max_age)
        self.state = replace(self.state, depth=extent.depth)
        await self._take_new(letters, extent)
        first = extent.first_sequence
        if self._store.count and first > 1:
            self._removed(await self._store.remove_between(0, first - 1))
        if self.state.low > first:
            await self._take_older(letters, extent)
        if self.state.low <= first:
            self.state = replace(self.state, low=first, complete=True)
            if self._store.count != extent.depth:
                await self._drop_gone(letters, extent)
        return not self.state.complete

    async def _begin(self, stream: str, extent: Extent) -> None:
        await self._store.clear()
        self._stream = stream
        self.state = IndexState(
            depth=extent.depth,
            low=extent.last_sequence + 1,
            high=extent.last_sequence,
            removals=self.state.removals + 1,
        )

    async def _take_new(self, letters: DeadLetters, extent: Extent) -> None:
        first = self.state.high + 1
        if extent.last_sequence < first:
            return
        pages = letters.skim(first, extent.last_sequence, extent, newest_first=False)
        async with aclosing(pages):
            async for page in pages:
                await self._store.add(page)
        self.state = replace(
            self.state, indexed=self._store.count, high=extent.last_sequence, low=self.state.low
        )

    async def _take_older(self, letters: DeadLetters, extent: Extent) -> None:
        """Fill for a while, or until something changed."""
        began = time.monotonic()
        pages = letters.skim(extent.first_sequence, self.state.low - 1, extent, newest_first=True)
        async with aclosing(pages):
            async for page in pages:
                await self._store.add(page)
                low = page[-1].sequence
                self.state = replace(self.state, indexed=self._store.count, low=low)
                if time.monotonic() - began > TURN_S:
                    return
        self.state = replace(self.state, low=extent.first_sequence)

    # What others deleted

    async def _drop_gone(self, letters: DeadLetters, extent: Extent) -> None:
        """Find what is gone by comparing counts; where they differ, in halves."""
        first, last = extent.first_sequence, self.state.high
        if not extent.depth:
            self._removed(await self._store.remove_between(0, last))
            return
        if await letters.count_from(first) is not None:
            await self._compare(letters, extent, first, last)
        elif extent.depth < FEW or time.monotonic() - self._reread_at > REREAD_S:
            self._reread_at = time.monotonic()
            await self._reread(letters, extent, first, last)

    async def _compare(self, letters: DeadLetters, extent: Extent, low: int, high: int) -> None:
        ours = await self._store.sequences(low, high)
        if not ours:
            return
        beyond = await letters.count_from(high + 1)
        theirs = await letters.count_from(low)
        if theirs is None or beyond is None or theirs - beyond == len(ours):
            return
        if theirs == beyond:
            self._removed(await self._store.remove_between(low, high))
        elif len(ours) <= FEW:
            await self._reread(letters, extent, low, high)
        else:
            middle = ours[len(ours) // 2]
            del ours
            await self._compare(letters, extent, low, middle - 1)
            await self._compare(letters, extent, middle, high)

    async def _reread(self, letters: DeadLetters, extent: Extent, low: int, high: int) -> None:
        """Read the letters between two sequences, and drop what is not among them."""
        gone = set(await self._store.sequences(low, high))
        pages = letters.skim(low, high, extent, newest_first=False)
        async with aclosing(pages):
            async for page in pages:
                gone.difference_update(letter.sequence for letter in page)
        self._removed(await self._store.remove(gone))

    def _removed(self, count: int) -> None:
        if count:
            self.state = replace(
                self.state, indexed=self._store.count, removals=self.state.removals + 1
            )
