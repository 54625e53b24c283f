"""Reads letters as the room needs them, one request at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.tui.dlq.letters import Letters
from farutech_console.tui.dlq.selection import Selection

if TYPE_CHECKING:
    from farutech_console.operations.backend import Backend
    from farutech_console.operations.model import Plan, PlanKind

PAGE = 200
"""Letters of one request."""


class Reader:
    """Fills `letters` from the backend. Every call may raise what the backend raises."""

    def __init__(self, backend: Backend) -> None:
        self.letters = Letters()
        self._backend = backend

    async def newest(self) -> None:
        """Read the newest page again."""
        self.letters.take_newest(await self._backend.page(PAGE))

    async def older(self) -> None:
        """Read the page below the oldest letter."""
        oldest = self.letters.oldest
        if self.letters.more and oldest is not None:
            self.letters.take_older(await self._backend.page(PAGE, oldest))

    async def again(self, in_view: range) -> None:
        """Read the letters in view again, where the newest page does not reach them."""
        if not in_view or in_view.stop <= PAGE or in_view.start >= len(self.letters):
            return
        before = self.letters.sequence_at(in_view.start) + 1
        self.letters.refresh_part(await self._backend.page(len(in_view), before), before)

    async def plan(self, kind: PlanKind, selection: Selection, cursor: int | None) -> Plan:
        """Plan what is marked, or the letter under the cursor where nothing is."""
        ask = self._backend.plan_replay if kind == "replay" else self._backend.plan_purge
        if selection.up_to is None:
            chosen = selection.chosen or ({cursor} if cursor is not None else set())
            return await ask(sorted(chosen))
        plan = await ask(None)
        wanted = tuple(sequence for sequence in plan.sequences if sequence in selection)
        return plan if wanted == plan.sequences else await ask(wanted)
