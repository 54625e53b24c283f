"""The newest task events, as many as are kept; what was let go is counted."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from farutech_console.operations.model import TaskEvent

KEPT = 5_000


class EventLog:
    """The last `kept` events. Each has a number, counted from 0 and never used again.

    They are kept as they came, some at a time, so that none is read before it is looked at.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._parts: list[Sequence[TaskEvent]] = []
        self._starts: list[int] = []
        self.total = 0

    def add(self, events: Sequence[TaskEvent]) -> None:
        """Take events, oldest first; the oldest of all make room for them."""
        if not events:
            return
        self._parts.append(events)
        self._starts.append(self.total)
        self.total += len(events)
        # As many again stay for rows that were taken from it and are not drawn anew yet.
        gone = bisect_right(self._starts, max(0, self.total - 2 * self._kept)) - 1
        del self._parts[:gone], self._starts[:gone]

    @property
    def first(self) -> int:
        """The number of the oldest event that is kept."""
        return max(0, self.total - self._kept)

    def event(self, number: int) -> TaskEvent:
        """Return the event of this number, from `first` on and below `total`.

        In place of one that was let go it is the oldest there is.
        """
        number = max(number, self._starts[0])
        part = bisect_right(self._starts, number) - 1
        return self._parts[part][number - self._starts[part]]
