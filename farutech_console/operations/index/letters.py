"""The index over the dead letters of a queue, as screens ask it."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from farutech_console.operations.causes.causes import Causes
from farutech_console.operations.filter.model import Filter
from farutech_console.operations.index.fill import Filler
from farutech_console.operations.index.order import Order
from farutech_console.operations.index.row import LetterRow
from farutech_console.operations.index.state import IndexState
from farutech_console.operations.index.store import Store
from farutech_console.operations.letters.browse import Groups
from farutech_console.operations.queue import Queue


class LetterIndex:
    """Filled on the loop that made it; `state`, `find`, `rows` and `poke` are for any loop.

    `close` throws it away. Reading may raise `LetterIndexError`.
    """

    def __init__(self, queue: Callable[[], Queue]) -> None:
        self._store = Store()
        self._filler = Filler(self._store, queue)
        self._loop = asyncio.get_running_loop()
        self._filling = asyncio.create_task(self._filler.run())

    @property
    def state(self) -> IndexState:
        """How far it is; a fault of its own that ended the filling is its failure."""
        state = self._filler.state
        if self._filling.done() and not self._filling.cancelled():
            return replace(state, failure=f"the index stopped: {self._filling.exception()!r}")
        return state

    def poke(self) -> None:
        """Say that letters came or went."""
        self._loop.call_soon_threadsafe(self._filler.poke)

    async def forget(self, sequences: list[int]) -> None:
        """Drop letters that are known to be gone; on the loop that made it."""
        await self._filler.forget(sequences)

    async def find(
        self, wanted: Filter, order: Order, now: datetime, low: int = 0, high: int = 2**62
    ) -> array[int]:
        """Return the sequences of the letters that match, in this order; see `covers`.

        Of sequences from `low` to `high`. Cancelling it ends the query at once.
        """
        return await self._store.find(wanted, order, now, low, high)

    async def causes(self, wanted: Filter, now: datetime, most: int) -> Groups:
        """Return the causes of those of the newest `most` letters that match; no tenants."""
        causes = Causes()
        for alike in await self._store.alike(wanted, now, most):
            causes.add_alike(alike)
        return Groups(tuple(causes.ranked()), self.state.indexed, causes.count)

    async def rows(self, sequences: Sequence[int]) -> dict[int, LetterRow]:
        """Return the rows of those of these letters that are there. Meant for some hundreds."""
        return await self._store.rows(sequences)

    async def close(self) -> None:
        """Stop filling, and throw the index away."""
        self._filling.cancel()
        await asyncio.wait((self._filling,))
        self._store.close()
