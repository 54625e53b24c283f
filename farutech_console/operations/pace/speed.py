"""The speed of a run of late. Pure: time is handed in."""

from __future__ import annotations

from collections import deque

SPEED_OVER = 10.0
"""Seconds over which the speed that is shown is averaged."""
_MARK_EVERY = 0.25
"""Seconds between two marks."""


class Speed:
    """How fast things get done, averaged over `SPEED_OVER` seconds. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def add(self, now: float, done: int) -> None:
        """So many are done now, from the beginning."""
        marks = self._marks
        if marks and now - marks[-1][0] < _MARK_EVERY:
            return
        marks.append((now, done))
        while marks[0][0] < now - SPEED_OVER and len(marks) > 2:
            marks.popleft()

    def of_late(self, now: float, done: int) -> float:
        """Return how many a second got done, where so many are done now."""
        if not self._marks:
            return 0.0
        at, before = self._marks[0]
        return (done - before) / (now - at) if now > at else 0.0
