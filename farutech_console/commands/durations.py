"""Lengths of time on the command line: `90s`, `15m`, `2h`, `1d`, or seconds."""

from __future__ import annotations

import re

import click

_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(min|[smhd])?")
LONGEST = 366 * 86_400.0


class Duration(click.ParamType[float]):
    """A length of time as a click type; its value is seconds."""

    name = "duration"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds in a text."""
        if isinstance(value, (int, float)):
            return float(value)
        seconds = read_seconds(value)
        if seconds is None:
            self.fail(f"{value!r} is no length of time: 90s, 15m, 2h, 1d, 1h30m", param, ctx)
        return seconds


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


DURATION = Duration()
