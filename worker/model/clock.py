"""Time, handed in: nothing below the entry points reads a clock by itself."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Protocol

ZERO_TIME = "0001-01-01T00:00:00Z"
"""How Go writes a time that was never set."""

_RFC3339 = re.compile(
    r"^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:\d{2})$"
)


class Clock(Protocol):
    """A source of wall time and of monotonic seconds."""

    def now(self) -> datetime:
        """Return the wall time, timezone-aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards; only differences mean something."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the wall time in UTC."""
        return datetime.now(UTC)

    # Not wrapped: it is read several times for each task.
    monotonic = staticmethod(time.monotonic)


def parse_rfc3339(text: str) -> datetime | None:
    """Return the UTC time that `text` names, or None for Go's zero time and for no time at all.

    Digits past microseconds are cut: Go writes nanoseconds, Python keeps microseconds.
    """
    match = _RFC3339.match(text)
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    offset = "+00:00" if zone in "Zz" else zone
    try:
        parsed = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0'):0<6.6}{offset}")
        in_utc = parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if in_utc.year == 1 else in_utc


def format_rfc3339(moment: datetime) -> str:
    """Return `moment` in UTC as RFC 3339 with microseconds and a `Z`, as the Go fleet reads it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
