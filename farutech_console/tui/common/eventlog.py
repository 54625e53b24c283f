"""The newest task events, as many as are kept; what was let go is counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from farutech_console.operations.model import TaskEvent

KEPT = 5_000


class EventLog:
    """A ring of events. Each has a number, counted from 0 and never used again."""

    def __init__(self, kept: int = KEPT) -> None:
        self._events: deque[TaskEvent] = deque(maxlen=kept)
        self.total = 0

    def add(self, events: Iterable[TaskEvent]) -> None:
        """Take events, oldest first; the oldest of all make room for them."""
        for event in events:
            self._events.append(event)
            self.total += 1

    @property
    def first(self) -> int:
        """The number of the oldest event that is kept."""
        return self.total - len(self._events)

    def since(self, number: int) -> list[TaskEvent]:
        """Return the kept events from this number on, oldest first."""
        skipped = max(0, number - self.first)
        if skipped == 0:
            return list(self._events)
        newer = len(self._events) - skipped
        if newer <= 0:
            return []
        picked = [event for event, _ in zip(reversed(self._events), range(newer), strict=False)]
        picked.reverse()
        return picked
