"""The letters as the index has them: any of a million in view, those not read yet as gaps."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from farutech_console.operations.index.order import NEWEST
from farutech_console.operations.index.view import View

if TYPE_CHECKING:
    from farutech_console.operations.backend import Backend
    from farutech_console.operations.filter.model import Filter
    from farutech_console.operations.index.letters import LetterIndex
    from farutech_console.operations.index.order import Order
    from farutech_console.operations.index.row import LetterRow
    from worker.model.clock import Clock

PAGE = 256
"""Rows that are fetched at once, and kept together."""
PAGES = 64
"""Pages of rows that are kept."""
OLDEST = 256
"""Letters at the far end that are read from the server before the index is there."""


class IndexedLetters:
    """What `Letters` tells, from the index. `row` is None where it is not fetched yet.

    While the index is filled, a table of all letters is as long as they are: what is not in the
    index is a gap, but for the oldest few, which `fetch` asks the server for.
    """

    more = False

    def __init__(self, index: LetterIndex, wanted: Filter, order: Order, clock: Clock) -> None:
        self._index = index
        self._view = View(index, wanted, order, clock)
        self._rows: OrderedDict[int, LetterRow] = OrderedDict()
        self._absent: set[int] = set()  # asked for, and not there
        self._oldest: list[int] = []  # descending
        self._asked_oldest = False
        self.asked = False

    # What `Letters` tells

    @property
    def wanted(self) -> Filter:
        """What they are like."""
        return self._view.wanted

    @property
    def order(self) -> Order:
        """In which order they are shown."""
        return self._view.order

    @property
    def depth(self) -> int:
        """How many letters there are, whatever the filter."""
        return self._index.state.depth

    @property
    def indexed(self) -> int:
        """How many of them are in the index."""
        return self._index.state.indexed

    @property
    def is_partial(self) -> bool:
        """Whether the index does not hold all yet."""
        return not self._view.state.complete

    @property
    def failure(self) -> str:
        """Why the index does not go on."""
        return self._index.state.failure

    def __len__(self) -> int:
        """How many rows the table has."""
        return len(self._view.sequences) + self._gap + len(self._oldest)

    @property
    def _gap(self) -> int:
        """How many rows are not known yet: between what is indexed and the oldest few."""
        if not self.is_partial or self._view.wanted or self.order != NEWEST:
            return 0
        known = len(self._view.sequences) + len(self._oldest)
        return max(0, self._view.state.depth - known)

    @property
    def newest(self) -> int | None:
        """The highest sequence that may be shown."""
        return self._view.state.high if self._view.sequences else None

    @property
    def sequences(self) -> Sequence[int]:
        """All that are known, in their order."""
        return self._view.sequences

    def sequence_at(self, index: int) -> int | None:
        """Return the sequence at this position, None in a gap."""
        known = self._view.sequences
        if index < len(known):
            return known[index]
        index -= len(known) + self._gap
        return self._oldest[index] if 0 <= index < len(self._oldest) else None

    def index_of(self, sequence: int) -> int:
        """Return where a letter is, or where another took its place where it is gone."""
        if self._oldest and sequence <= self._oldest[0]:
            before = len(self) - len(self._oldest)
            return before + sum(1 for one in self._oldest if one > sequence)
        return self._view.index_of(sequence)

    def between(self, one: int, other: int) -> Sequence[int]:
        """Return those that are known from one letter to another, both included."""
        first, last = sorted((self.index_of(one), self.index_of(other)))
        places = range(first, min(last + 1, len(self)))
        return [known for place in places if (known := self.sequence_at(place)) is not None]

    def row(self, sequence: int) -> LetterRow | None:
        """Return a letter's row, None where it is not fetched."""
        return self._rows.get(sequence)

    # What keeps it

    @property
    def is_behind(self) -> bool:
        """Whether the index has gone on."""
        return self._view.is_behind

    async def refresh(self) -> None:
        """Take in what the index holds now."""
        if self._view.is_behind:
            await self._view.refresh()
        self.asked = True
        self._absent.clear()
        if self._oldest and self._view.state.low <= self._oldest[0]:
            self._oldest = []

    def lacks(self, in_view: range) -> bool:
        """Return whether rows in view have to be fetched."""
        return any(self._is_missing(index) for index in in_view)

    def _is_missing(self, index: int) -> bool:
        sequence = self.sequence_at(index)
        if sequence is None:
            return not self._asked_oldest and index >= len(self) - OLDEST
        return sequence not in self._rows and sequence not in self._absent

    async def fetch(self, backend: Backend, in_view: range) -> None:
        """Fetch the rows in view, with a page before and after."""
        far = in_view.stop > len(self) - OLDEST
        if in_view and far and self._gap and not self._asked_oldest:
            await self._fetch_oldest(backend)
        around = range(in_view.start - PAGE, in_view.stop + PAGE)
        wanted = [
            sequence
            for index in around
            if 0 <= index < len(self)
            and (sequence := self.sequence_at(index)) is not None
            and sequence not in self._rows
        ]
        if wanted:
            found = await self._index.rows(wanted)
            self._absent.update(one for one in wanted if one not in found)
            self._keep(found)

    async def _fetch_oldest(self, backend: Backend) -> None:
        """Read the far end from the server: what the operator goes to before it is indexed."""
        from farutech_console.operations.index.row import summarize
        from farutech_console.operations.letters.selection import Selection

        self._asked_oldest = True
        found: list[LetterRow] = []
        selection = Selection(limit=OLDEST, order="oldest")
        async for letters in backend.select(selection):
            found += [summarize(letter.stored()) for letter in letters]
        low = self._view.state.low
        self._keep({row.sequence: row for row in found})
        self._oldest = [row.sequence for row in reversed(found) if row.sequence < low]

    def _keep(self, rows: dict[int, LetterRow]) -> None:
        self._rows.update(rows)
        while len(self._rows) > PAGE * PAGES:
            self._rows.popitem(last=False)
