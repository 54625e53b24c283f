"""Lengths of time on the command line: `90s`, `15m`, `2h`, `1d`, or seconds."""

from __future__ import annotations

import click

from farutech_console.operations.durations import read_seconds


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


DURATION = Duration()
