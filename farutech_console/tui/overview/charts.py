"""What the overview's charts draw: the backlog, and the pace of tasks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from farutech_console.operations.trend import Point, Rates, Trend
from farutech_console.operations.units import rate, short_count
from farutech_console.tui.common.canvas import Curve, peak
from farutech_console.tui.common.spans import Line, Span, line

if TYPE_CHECKING:
    from farutech_console.operations.model import DeadLetterState
    from worker.model.state import ConsumerState

SPANS = (120.0, 900.0, 3600.0, 21_600.0)
"""Seconds that the charts may look back; at first the shortest that holds all samples."""

SLOW = 1.0
"""Tasks per second below which the pace is drawn per minute, so that it has whole numbers."""

NONE = "–"  # noqa: RUF001 - a glyph


def span_of(trend: Trend, chosen: float | None = None) -> float:
    """Return how many seconds the charts look back: what was chosen, else what there is to see."""
    return chosen or next((span for span in SPANS if span >= trend.seconds), SPANS[-1])


def next_span(current: float) -> float:
    """Return the span after this one, the shortest after the longest."""
    return next((span for span in SPANS if span > current), SPANS[0])


def backlog_curves(trend: Trend, seconds: float) -> list[Curve]:
    """Return the tasks that wait, and those that are in flight or in backoff."""
    return [
        Curve("pending", trend.pending(seconds), "first", filled=True),
        Curve("ack pending", trend.ack_pending(seconds), "second"),
    ]


def dead_curves(trend: Trend, seconds: float) -> list[Curve]:
    """Return how many dead letters lie there."""
    return [Curve("dead letters", trend.dead_letters(seconds), "third", filled=True)]


def retry_curves(trend: Trend, seconds: float) -> list[Curve]:
    """Return the failed attempts per minute that will be repeated."""
    return [Curve("retries", _times(trend.retries(seconds), 60), "second")]


def backlog_legend(consumer: ConsumerState | None) -> Line:
    """Return what the curves of the backlog are, and where they stand."""
    if consumer is None:
        return line("no consumer: nothing is pending for anybody")
    return line(
        Span(f"█ pending {short_count(consumer.pending)}", "first"),
        " ",
        Span(f"─ ack pending {short_count(consumer.ack_pending)}", "second"),
    )


def dead_legend(dead: DeadLetterState | None) -> Line:
    """Return how many dead letters there are."""
    if dead is None:
        return line("no stream takes them")
    return line(Span(f"█ {short_count(dead.depth)}", "third"))


def pace_curves(trend: Trend, seconds: float) -> list[Curve]:
    """Return the tasks that come in and go out, per second or per minute as `pace_title` says."""
    curves = _per_second(trend, seconds)
    if peak(curves, seconds) >= SLOW:
        return curves
    return [
        Curve(curve.name, _times(curve.points, 60), curve.tone, curve.dotted) for curve in curves
    ]


def pace_title(trend: Trend, seconds: float) -> str:
    """Return the title with the unit of the curves."""
    unit = "second" if peak(_per_second(trend, seconds), seconds) >= SLOW else "minute"
    return f"In / out, per {unit}"


def pace_legend(rates: Rates) -> Line:
    """Return which curve is which, and what they stand at."""
    return line(
        Span(f"┄ in {_rate(rates.incoming)}", "second"),
        "  ",
        Span(f"─ out {_rate(rates.outgoing)}", "first"),
    )


def _per_second(trend: Trend, seconds: float) -> list[Curve]:
    return [
        Curve("in", trend.incoming(seconds), "second", dotted=True),
        Curve("out", trend.outgoing(seconds), "first"),
    ]


def _times(points: Sequence[Point], factor: float) -> list[Point]:
    return [(at, value * factor) for at, value in points]


def _rate(value: float | None) -> str:
    return NONE if value is None else rate(value)
