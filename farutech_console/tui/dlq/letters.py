"""The letters that were read so far: newest first, without gaps, known by their sequence. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from farutech_console.operations.index.order import NEWEST, Order, SortKey
from farutech_console.operations.index.row import LetterRow, summarize

if TYPE_CHECKING:
    from farutech_console.operations.model import Page
    from worker.model.dead_letter import StoredDeadLetter

_NEVER = datetime.max.replace(tzinfo=UTC)
_SORTED_BY: Mapping[SortKey, Callable[[LetterRow], Any]] = {
    "seq": lambda row: row.sequence,
    "died": lambda row: row.died_at,
    "task": lambda row: row.task_id.casefold(),
    "tenant": lambda row: row.tenant_id.casefold(),
    "type": lambda row: row.task_type.casefold(),
    "error": lambda row: row.error.casefold(),
    "tries": lambda row: row.tries,
    "replays": lambda row: row.replays,
    "expires": lambda row: row.expires_at or _NEVER,
}


class Letters:
    """A run of letters from the newest down. `more` tells that older ones are not read yet.

    They are shown in `order`; what is not read yet is not among them.
    """

    def __init__(self, order: Order = NEWEST) -> None:
        self.order = order
        self._rows: dict[int, LetterRow] = {}
        self._sequences: list[int] = []  # ascending
        self._shown: list[int] = []  # in the order, where it is not the newest first
        self._places: dict[int, int] = {}
        self.depth = 0
        self.more = True
        self.asked = False

    def __len__(self) -> int:
        """How many were read."""
        return len(self._sequences)

    @property
    def is_partial(self) -> bool:
        """Whether there are others that are not read yet."""
        return self.more

    @property
    def newest(self) -> int | None:
        """The highest sequence."""
        return self._sequences[-1] if self._sequences else None

    @property
    def oldest(self) -> int | None:
        """The lowest sequence that was read."""
        return self._sequences[0] if self._sequences else None

    @property
    def sequences(self) -> Sequence[int]:
        """All that were read, lowest first."""
        return self._sequences

    def sequence_at(self, index: int) -> int:
        """Return the sequence at this position, the first of the order at 0."""
        return self._sequences[-1 - index] if self.order == NEWEST else self._shown[index]

    def index_of(self, sequence: int) -> int:
        """Return where a letter is, or where another took its place where it is gone."""
        if self.order != NEWEST:
            return self._places.get(sequence, 0)
        return max(0, len(self._sequences) - 1 - (bisect_left(self._sequences, sequence + 1) - 1))

    def between(self, one: int, other: int) -> Sequence[int]:
        """Return those that are shown from one letter to another, both included."""
        first, last = sorted((self.index_of(one), self.index_of(other)))
        return [self.sequence_at(index) for index in range(first, min(last + 1, len(self)))]

    def row(self, sequence: int) -> LetterRow:
        """Return a letter's row."""
        return self._rows[sequence]

    def arrange(self, order: Order) -> None:
        """Show them in this order from now on."""
        self.order = order
        self._arrange()

    def _arrange(self) -> None:
        if self.order == NEWEST:
            self._shown = []
            return
        by = _SORTED_BY[self.order.key]
        newest_first = sorted(self._rows.values(), key=lambda row: row.sequence, reverse=True)
        rows = sorted(newest_first, key=by, reverse=self.order.descending)
        self._shown = [row.sequence for row in rows]
        # Those that went keep the place that they had, for the cursor that was on them.
        self._places |= {sequence: place for place, sequence in enumerate(self._shown)}

    def take_newest(self, page: Page) -> None:
        """Believe a page from the newest down: what it does not have is gone."""
        self.asked = True
        self.depth, floor = page.depth, self._floor(page)
        if page.more and self.newest is not None and floor > self.newest:
            # More came than a page holds: what was read no longer joins, so it is read again.
            self._replace(page.letters, keep_below=0)
            self.more = True
            return
        self._replace(page.letters, keep_below=floor)
        if not page.more:
            self.more = False

    def take_older(self, page: Page) -> None:
        """Add a page that begins below the oldest letter that was read."""
        self._add(page.letters)
        self.more = page.more

    def refresh_part(self, page: Page, before: int) -> None:
        """Believe a page about the letters below `before`, down to its last."""
        floor = self._floor(page)
        for sequence in [s for s in self._sequences if floor <= s < before]:
            del self._rows[sequence]
        self._add(page.letters)

    def _floor(self, page: Page) -> int:
        return min((letter.sequence for letter in page.letters), default=0) if page.more else 0

    def _replace(self, letters: Iterable[StoredDeadLetter], *, keep_below: int) -> None:
        self._rows = {s: row for s, row in self._rows.items() if s < keep_below}
        self._add(letters)

    def _add(self, letters: Iterable[StoredDeadLetter]) -> None:
        for letter in letters:
            self._rows[letter.sequence] = summarize(letter)
        self._sequences = sorted(self._rows)
        self._arrange()
