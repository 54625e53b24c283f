"""What a table shows: columns, and rows addressed by position and by key. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

from farutech_console.tui.common.spans import Line, Span
from worker.model.cells import fit, fit_ends, width_of

T = TypeVar("T")

ROOM = 12
"""Cells that titles leave to the columns that have no width."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `width` in cells, 0 for what the others leave; `right` aligns figures.

    `ends` cuts what is too long in its middle, for names that differ at their ends. A title that is
    longer, in another language say, widens the column where there is room.
    """

    title: str
    width: int = 0
    right: bool = False
    ends: bool = False

    def fit(self, text: str, width: int) -> str:
        """Return the text in exactly so many cells."""
        return fit_ends(text, width) if self.ends else fit(text, width, right=self.right)


class Rows(Protocol):
    """What a table shows, addressed by position and by key."""

    def __len__(self) -> int:
        """How many rows there are, loaded or not."""

    def key_at(self, index: int) -> int | None:
        """Return the key of the row there, None where it is not loaded yet."""

    def index_of(self, key: int) -> int:
        """Return where the row of this key is, or would be."""

    def cells(self, index: int) -> Sequence[Span]:
        """Return what the row's columns show."""


class NoRows:
    """An empty table."""

    def __len__(self) -> int:
        """None."""
        return 0

    def key_at(self, index: int) -> int | None:
        """Nothing is there."""
        return None

    def index_of(self, key: int) -> int:
        """It would be the first."""
        return 0

    def cells(self, index: int) -> Sequence[Span]:
        """Nothing."""
        return ()


class RankedRows(Generic[T]):
    """Rows known by their rank; `cells_of` returns what the columns show of one."""

    def __init__(self, ranked: Sequence[T], cells_of: Callable[[T], Sequence[Span]]) -> None:
        self._ranked, self._cells_of = ranked, cells_of

    def __len__(self) -> int:
        """How many there are."""
        return len(self._ranked)

    def key_at(self, index: int) -> int:
        """Return the rank."""
        return index

    def index_of(self, key: int) -> int:
        """Return where it is."""
        return key

    def cells(self, index: int) -> Sequence[Span]:
        """Return the row's columns."""
        return self._cells_of(self._ranked[index])


def laid_out(columns: tuple[Column, ...], cells: Sequence[Span], width: int) -> Line:
    """Return cells, one for each column, as a line of so many terminal cells."""
    return tuple(
        Span(column.fit(cell.text, wide) + " ", cell.tone)
        for cell, column, wide in zip(cells, columns, _widths(columns, width), strict=False)
    )


def column_at(columns: tuple[Column, ...], cell: int, width: int) -> int | None:
    """Return the position of the column that has this cell of so many, None where there is none."""
    end = 0
    for position, wide in enumerate(_widths(columns, width)):
        end += wide + 1
        if 0 <= cell < end:
            return position
    return None


@lru_cache(maxsize=64)
def _widths(columns: tuple[Column, ...], width: int) -> tuple[int, ...]:
    """Return how many cells each column has of so many, the one behind each left out."""
    titled = tuple(max(one.width, width_of(one.title)) if one.width else 0 for one in columns)
    for fixed in (titled, tuple(one.width for one in columns)):
        left = width - sum(cells + 1 for cells in fixed if cells)
        if left >= ROOM:
            break
    return tuple(cells or max(4, left) for cells in fixed)
