"""Lengths of time as operators write them: `90s`, `15m`, `2h`, `1h30m`, `1d`, or seconds. Pure."""

from __future__ import annotations

import re

_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(min|[smhd])?", re.ASCII)
LONGEST = 366 * 86_400.0


def read_seconds(text: str) -> float | None:
    """Return the seconds in a text, None where it is no length of time or longer than a year."""
    position, total = 0, 0.0
    text = text.strip()
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            return None
        whole = match.end() == len(text) and position == 0
        if match.group(2) is None and not whole:
            return None
        total += float(match.group(1)) * _UNITS[match.group(2) or "s"]
        position = match.end()
    return total if text and total <= LONGEST else None


def spelled(seconds: float) -> str:
    """Return a length of time as `read_seconds` reads it, whole seconds: `1h30m` for 5400."""
    rest, parts = round(seconds), []
    for unit in ("d", "h", "m", "s"):
        number, rest = divmod(rest, round(_UNITS[unit]))
        parts += [f"{number}{unit}"] if number else []
    return "".join(parts) or "0s"
