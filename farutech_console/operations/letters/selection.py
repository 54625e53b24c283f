"""Which dead letters an operation is about: what `[FILTER] --all --seq N --limit N` say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from farutech_console.operations.filter.model import ALL, Filter

Order = Literal["newest", "oldest"]
"""Which letters come first, and from which end a limit counts."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The letters of `sequences`, of all where none are named, that `filter` matches.

    Of those at most `limit` are taken, from the end that `order` names: all where it is 0, or None
    for nobody having said. A filter's ages count from the moment the letters are read, so whoever
    acts on a selection reads it once and keeps the sequences: that is a plan.
    """

    filter: Filter = ALL
    sequences: tuple[int, ...] = ()
    limit: int | None = None
    order: Order = "newest"

    def words(self) -> tuple[str, ...]:
        """Return the command line's words for it, to be quoted by whoever shows them."""
        words: list[str] = [str(self.filter)] if self.filter else []
        for sequence in self.sequences:
            words += ["--seq", str(sequence)]
        if not words:
            words.append("--all")
        if self.limit:
            words += ["--limit", str(self.limit)]
        return (*words, "--oldest") if self.order == "oldest" else tuple(words)


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """How far the reading is: letters looked at, those that match, and how many there are in all.

    `depth` is how many have to be looked at; less where some go away meanwhile.
    """

    scanned: int
    matched: int
    depth: int


def no_progress(_progress: ScanProgress) -> None:
    """Tell nobody."""


def each_read(progress: Callable[[ScanProgress], None]) -> Callable[[int, int], None]:
    """Return what takes how many messages are read, and of how many, where each is of interest."""
    return lambda read, depth: progress(ScanProgress(read, read, depth))
