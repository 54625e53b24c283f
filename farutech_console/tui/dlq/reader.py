"""Reads letters as the room needs them: from the index where there is one, else page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.operations.filter.model import ALL
from farutech_console.operations.index.compiled import covers
from farutech_console.operations.index.order import NEWEST, Order
from farutech_console.operations.letters.selection import Selection as Chosen
from farutech_console.operations.letters.selection import no_progress
from farutech_console.tui.dlq.indexed import IndexedLetters
from farutech_console.tui.dlq.letters import Letters
from farutech_console.tui.dlq.selection import Selection
from worker.model.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from farutech_console.operations.backend import Backend
    from farutech_console.operations.changes.plan import Which
    from farutech_console.operations.filter.model import Filter
    from farutech_console.operations.index.letters import LetterIndex
    from farutech_console.operations.letters.browse import Groups
    from farutech_console.operations.letters.selection import ScanProgress
    from farutech_console.operations.model import Plan, PlanKind
    from farutech_console.operations.pace.pacing import Pacing
    from worker.model.clock import Clock

PAGE = 200
"""Letters of one request. Where there are no more, no index is needed."""


class Reader:
    """Fills `letters` from the backend. Every call may raise what the backend raises.

    The first page comes from the server. Where that is not all, the index is begun, and its letters
    take over as soon as it holds as many; not for a filter that it does not cover.
    """

    def __init__(self, backend: Backend, clock: Clock | None = None) -> None:
        self.letters: Letters | IndexedLetters = Letters()
        self.wanted = ALL
        self._backend, self._clock = backend, clock or SystemClock()
        self._index: LetterIndex | None = None

    def want(self, wanted: Filter) -> None:
        """Read only letters that are like this from now on."""
        if wanted != self.wanted:
            self.wanted = wanted
            self.letters = self._fresh(self.order)

    def forget(self) -> None:
        """Take nothing of what was read for true: the stream is another one."""
        self.letters = Letters(self.order)

    @property
    def order(self) -> Order:
        """In which order they are shown."""
        return self.letters.order

    def sort(self, order: Order) -> None:
        """Show them in this order from now on."""
        if isinstance(self.letters, Letters):
            self.letters.arrange(order)
        elif order != self.order:
            self.letters = self._fresh(order)

    @property
    def is_behind(self) -> bool:
        """Whether the index has gone on since the letters were read."""
        if isinstance(self.letters, IndexedLetters):
            return self.letters.is_behind
        return self._takes_over(self.letters)

    def lacks(self, in_view: range) -> bool:
        """Return whether rows in view, or near them, have to be fetched."""
        return isinstance(self.letters, IndexedLetters) and self.letters.lacks(in_view)

    async def newest(self) -> None:
        """Read the newest letters again."""
        if self._index is not None:
            self._index.poke()
        letters = self.letters
        if isinstance(letters, Letters) and self._takes_over(letters):
            letters = self._fresh(letters.order)
        if isinstance(letters, IndexedLetters):
            await letters.refresh()
            if letters.order == self.order and letters.wanted == self.wanted:
                self.letters = letters
            return
        letters.take_newest(await self._backend.page(PAGE, wanted=self.wanted))
        if letters.depth > PAGE and self._index is None:
            self._index = await self._backend.index()

    @property
    def counted_by(self) -> object:
        """What `causes` are counted of, the same as long as they are: None for the server's."""
        index = self._index
        if index is None or not covers(self.wanted) or not index.state.complete:
            return None
        return index.state.high, index.state.indexed, index.state.removals

    async def causes(self, most: int) -> Groups:
        """Return the causes of the newest letters that are like this, of `most` at most.

        Where the index is not there, or does not cover the filter, of those among the newest `most`
        of all.
        """
        if self._index is not None and self.counted_by is not None:
            return await self._index.causes(self.wanted, self._clock.now(), most)
        return await self._backend.groups(Chosen(filter=self.wanted, limit=most), among=most)

    def _fresh(self, order: Order) -> Letters | IndexedLetters:
        """Return letters of which none is read yet: the index's, where it can tell them."""
        index = self._index
        if index is None or not covers(self.wanted) or not index.state.indexed:
            return Letters(order)
        return IndexedLetters(index, self.wanted, order, self._clock)

    def _takes_over(self, letters: Letters) -> bool:
        """Return whether the index shows at least as much as was read from the server."""
        state = self._index.state if self._index is not None else None
        if state is None or not covers(self.wanted) or not letters.asked:
            return False
        return state.complete or state.indexed > max(len(letters), PAGE)

    async def older(self) -> None:
        """Read the page below the oldest letter."""
        letters = self.letters
        if isinstance(letters, Letters) and letters.more and letters.oldest is not None:
            page = await self._backend.page(PAGE, letters.oldest, self.wanted)
            letters.take_older(page)

    async def again(self, in_view: range) -> None:
        """Read what is in view: what was not there, and what may have gone."""
        letters = self.letters
        if isinstance(letters, IndexedLetters):
            await letters.fetch(self._backend, in_view)
            return
        if not in_view or in_view.stop <= PAGE or in_view.start >= len(letters):
            return
        if letters.order != NEWEST:
            return
        before = letters.sequence_at(in_view.start) + 1
        page = await self._backend.page(len(in_view), before, self.wanted)
        letters.refresh_part(page, before)

    async def plan(
        self,
        kind: PlanKind,
        selection: Selection,
        cursor: int | None,
        pacing: Pacing | None = None,
        tell: Callable[[ScanProgress], None] = no_progress,
    ) -> Plan:
        """Plan what is marked, or the letter under the cursor where nothing is.

        `tell` is told how far it is. Where some of all were unmarked, they are read once more.
        """
        if selection.up_to is None:
            chosen = selection.chosen or ({cursor} if cursor is not None else set())
            return await self._ask(kind, sorted(chosen), pacing, tell)
        plan = await self._ask(kind, Chosen(filter=self.wanted), pacing, tell)
        wanted = tuple(sequence for sequence in plan.sequences if sequence in selection)
        return plan if len(wanted) == plan.count else await self._ask(kind, wanted, pacing, tell)

    async def _ask(
        self,
        kind: PlanKind,
        which: Which,
        pacing: Pacing | None,
        tell: Callable[[ScanProgress], None],
    ) -> Plan:
        if kind == "replay":
            return await self._backend.plan_replay(which, pacing, tell)
        return await self._backend.plan_purge(which, tell)
