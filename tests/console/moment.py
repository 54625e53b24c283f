"""The moment of the console's tests, and a clock that stands still at it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 24, 2, 41, 7, tzinfo=UTC)


class StillClock:
    """A clock that moves only when it is told."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now
        self._seconds = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._seconds += seconds


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)
