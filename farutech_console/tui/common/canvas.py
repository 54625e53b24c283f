"""Curves in braille: two dots across and four down in each cell. Pure; knows no widget."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from farutech_console.language import tr
from farutech_console.operations.units import short_count, short_duration
from farutech_console.operations.watch.trend import Point
from farutech_console.tui.common.spans import Line, Span, Tone

_BLANK = 0x2800
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_COLUMNS = tuple(sum(dots) for dots in _DOTS)
_GLYPHS = (" ", *(chr(_BLANK + bits) for bits in range(1, 256)))
_LABEL = 6
_STEPS = (1, 2, 3, 4, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve. A dotted one can be told from a whole one without colours."""

    name: str
    points: Sequence[Point]
    tone: Tone = "first"
    dotted: bool = False
    filled: bool = False


def nice_ceiling(value: float, least: float = 1.0) -> float:
    """Return the next number at or above `value`, not below `least`, of which half is round too."""
    value = max(value, least)
    power = float(10.0 ** math.floor(math.log10(value)))
    return next(step * power for step in _STEPS if step * power >= value * (1 - 1e-9))


class Canvas:
    """Cells of braille, each in the tone of the curve that touched it last."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._dots = [[0] * width for _ in range(height)]
        self._tones: list[list[Tone]] = [["plain"] * width for _ in range(height)]

    def dot(self, x: int, y: int, tone: Tone) -> None:
        """Set the dot `x` from the left and `y` from the top; outside is nothing."""
        column, row = x // 2, y // 4
        if 0 <= column < self.width and 0 <= row < self.height:
            self._dots[row][column] |= _DOTS[x % 2][y % 4]
            self._tones[row][column] = tone

    def fill(self, x: int, y: int, tone: Tone) -> None:
        """Set the dot, and all beneath it."""
        column, row = x // 2, y // 4
        if not (0 <= column < self.width and 0 <= row < self.height):
            return
        for below in range(y, row * 4 + 4):
            self.dot(x, below, tone)
        for under in range(row + 1, self.height):
            self._dots[under][column] |= _COLUMNS[x % 2]
            self._tones[under][column] = tone

    def rows(self) -> list[Line]:
        """Return the rows, neighbours of one tone as one span."""
        return [_merge(dots, tones) for dots, tones in zip(self._dots, self._tones, strict=True)]


def _merge(dots: list[int], tones: list[Tone]) -> Line:
    spans: list[Span] = []
    run: list[str] = []
    tone: Tone = "plain"
    for bits, own in zip(dots, tones, strict=True):
        if bits and own != tone:
            if run:
                spans.append(Span("".join(run), tone))
            run, tone = [], own
        run.append(_GLYPHS[bits])
    return (*spans, Span("".join(run), tone))


def peak(curves: Sequence[Curve], seconds: float) -> float:
    """Return the highest value of the last `seconds`, 0 where there is none."""
    values = (value for curve in curves for at, value in curve.points if at >= -seconds)
    return max(values, default=0.0)


def plot(
    curves: Sequence[Curve],
    width: int,
    height: int,
    seconds: float,
    least: float = 1.0,
    *,
    until: float = 0.0,
) -> list[Line]:
    """Return `height` lines of `width` cells: the curves over the last `seconds`, with axes.

    `until` is the time of now, in seconds from any moment that stays: a dot stands for the same
    stretch of time for as long as it is drawn, so that curves move and do not flicker.

    The value axis starts at 0 and ends at a round number, `least` at the lowest; the time axis
    ends now.
    """
    across, down = max(1, width - _LABEL - 1), max(1, height - 1)
    top = nice_ceiling(peak(curves, seconds), least)
    canvas = Canvas(across, down)
    for curve in curves:
        _draw(canvas, curve, seconds, top, until)
    labels = _value_labels(top, down)
    body = [
        (Span(f"{label:>{_LABEL - 1}} {'┤' if label else '│'}", "muted"), *row)
        for label, row in zip(labels, canvas.rows(), strict=True)
    ]
    return [*body, (Span(_time_axis(seconds, across), "muted"),)]


def _value_labels(top: float, rows: int) -> list[str]:
    labels = [""] * rows
    labels[0] = short_count(top)
    if rows >= 3:
        # Of an even number of rows it is that whose lower edge stands for half the value.
        labels[(rows - 1) // 2] = short_count(top / 2)
    if rows > 1:
        labels[-1] = "0"
    return labels


def _time_axis(seconds: float, across: int) -> str:
    ends = f"-{short_duration(seconds)}", tr("now")
    middle = f"-{short_duration(seconds / 2)}" if across >= 30 else ""
    left = max(0, across // 2 - len(ends[0]) - len(middle) // 2)
    right = max(0, across - len(ends[0]) - left - len(middle) - len(ends[1]))
    axis = ends[0] + "─" * left + middle + "─" * right + ends[1]
    return " " * _LABEL + "└" + axis[:across]


def _draw(canvas: Canvas, curve: Curve, seconds: float, top: float, until: float) -> None:
    wide, high = canvas.width * 2 - 1, canvas.height * 4 - 1
    stretch = seconds / wide
    last = math.floor(until / stretch)
    previous: tuple[int, int] | None = None
    for at, value in curve.points:
        x = wide - last + math.floor((until + at) / stretch)
        if x < 0:
            continue
        y = high - round(min(max(value / top, 0.0), 1.0) * high)
        if (x, y) != previous:
            _join(canvas, previous or (x, y), (x, y), curve)
            previous = (x, y)


def _join(canvas: Canvas, start: tuple[int, int], end: tuple[int, int], curve: Curve) -> None:
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for step in range(steps + 1):
        x = start[0] + round((end[0] - start[0]) * step / steps)
        y = start[1] + round((end[1] - start[1]) * step / steps)
        if curve.dotted and (x + y) % 4 > 1:
            continue
        if curve.filled:
            canvas.fill(x, y, curve.tone)
        else:
            canvas.dot(x, y, curve.tone)
