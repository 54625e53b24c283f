"""How far a reading of letters is, as a bar with figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.language import tr, trn
from farutech_console.operations.units import count, duration, rate
from farutech_console.tui.common.progress import gauge
from farutech_console.tui.common.spans import Line, Span, line

if TYPE_CHECKING:
    from farutech_console.operations.letters.how_far import HowFar

BAR = 20


def reading_lines(far: HowFar) -> list[Line]:
    """Return a reading in one line, and a second where not every letter matches; at first none."""
    last = far.last
    if last is None:
        return []
    told = f" {count(last.scanned)}/{count(last.depth)}"
    if far.left is not None:
        told += f"  {rate(far.rate)} " + tr(" {age} left", age=duration(far.left))
    lines: list[Line] = [(*gauge(last.scanned, last.depth, BAR), Span(told))]
    if last.matched != last.scanned:
        number = count(last.matched)
        match = trn("{n} matches so far", "{n} match so far", last.matched, n=number)
        lines.append(line(Span(match, "muted")))
    return lines
