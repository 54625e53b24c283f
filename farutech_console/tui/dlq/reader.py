"""Reads letters as the room needs them, one request at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.operations.filter.model import ALL
from farutech_console.operations.index.order import Order
from farutech_console.operations.selection import Selection as Chosen
from farutech_console.tui.dlq.letters import Letters
from farutech_console.tui.dlq.selection import Selection

if TYPE_CHECKING:
    from farutech_console.operations.backend import Backend
    from farutech_console.operations.filter.model import Filter
    from farutech_console.operations.model import Plan, PlanKind
    from farutech_console.operations.plan import Which
    from farutech_console.operations.velocity import Pacing

PAGE = 200
"""Letters of one request."""


class Reader:
    """Fills `letters` from the backend. Every call may raise what the backend raises."""

    def __init__(self, backend: Backend) -> None:
        self.letters = Letters()
        self.wanted = ALL
        self._backend = backend

    def want(self, wanted: Filter) -> None:
        """Read only letters that are like this from now on."""
        if wanted != self.wanted:
            self.wanted, self.letters = wanted, Letters(self.order)

    @property
    def order(self) -> Order:
        """In which order they are shown."""
        return self.letters.order

    def sort(self, order: Order) -> None:
        """Show them in this order from now on."""
        self.letters.arrange(order)

    async def newest(self) -> None:
        """Read the newest page again."""
        letters = self.letters
        letters.take_newest(await self._backend.page(PAGE, wanted=self.wanted))

    async def older(self) -> None:
        """Read the page below the oldest letter."""
        oldest = self.letters.oldest
        if self.letters.more and oldest is not None:
            letters = self.letters
            letters.take_older(await self._backend.page(PAGE, oldest, self.wanted))

    async def again(self, in_view: range) -> None:
        """Read the letters in view again, where the newest page does not reach them."""
        if not in_view or in_view.stop <= PAGE or in_view.start >= len(self.letters):
            return
        before = self.letters.sequence_at(in_view.start) + 1
        letters = self.letters
        page = await self._backend.page(len(in_view), before, self.wanted)
        letters.refresh_part(page, before)

    async def plan(
        self,
        kind: PlanKind,
        selection: Selection,
        cursor: int | None,
        pacing: Pacing | None = None,
    ) -> Plan:
        """Plan what is marked, or the letter under the cursor where nothing is."""
        if selection.up_to is None:
            chosen = selection.chosen or ({cursor} if cursor is not None else set())
            return await self._ask(kind, sorted(chosen), pacing)
        plan = await self._ask(kind, Chosen(filter=self.wanted), pacing)
        wanted = tuple(sequence for sequence in plan.sequences if sequence in selection)
        return plan if len(wanted) == plan.count else await self._ask(kind, wanted, pacing)

    async def _ask(self, kind: PlanKind, which: Which, pacing: Pacing | None) -> Plan:
        if kind == "replay":
            return await self._backend.plan_replay(which, pacing)
        return await self._backend.plan_purge(which)
