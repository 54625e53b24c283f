"""A token bucket, which keeps a rate. Pure: time is handed in."""

from __future__ import annotations

import math

from farutech_console.operations.pace.pacing import Rate

_BURST = 0.2
"""Seconds' worth of letters that may go at once, so that a rate is kept in small portions."""


class Bucket:
    """A token bucket: letters may go as tokens come in. Times are seconds of a monotonic clock."""

    def __init__(self, rate: Rate | None, now: float) -> None:
        self.rate = rate
        self._at = now
        self._tokens = 1.0

    def change(self, rate: Rate | None, now: float) -> None:
        """Go on at another rate; tokens come in at the old one until now."""
        self._refill(now)
        self.rate = rate
        self._tokens = min(self._tokens, self._most())

    def take(self, most: int, now: float) -> int:
        """Return how many letters may go now, at most `most`: they are taken."""
        if self.rate is None:
            return most
        self._refill(now)
        taken = min(most, math.floor(self._tokens + 1e-9))
        self._tokens -= taken
        return taken

    def _refill(self, now: float) -> None:
        if self.rate is not None:
            self._tokens += max(0.0, now - self._at) * self.rate.per_second
            self._tokens = min(self._tokens, self._most())
        self._at = now

    def _most(self) -> float:
        return max(1.0, self.rate.per_second * _BURST) if self.rate else 1.0
