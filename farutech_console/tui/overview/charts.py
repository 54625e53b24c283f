"""What the overview's charts draw: the backlog, and the pace of tasks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from farutech_console.language import tr
from farutech_console.operations.units import rate, short_count
from farutech_console.operations.watch.trend import Hearing, Point, Rates, Trend
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
    """Return how many dead letters lay there."""
    return [Curve("dead letters", trend.dead_letters(seconds), "third", filled=True)]


def retry_curves(trend: Trend, seconds: float, hearing: Hearing) -> list[Curve]:
    """Return the failed attempts per minute that will be repeated, none where nobody hears them."""
    if not hearing.hears("acknowledgement"):
        return []
    return [Curve("retries", _times(trend.retries(seconds), 60), "second")]


def backlog_legend(consumer: ConsumerState | None) -> Line:
    """Return what the curves of the backlog are, and where they stand."""
    if consumer is None:
        return line(tr("no consumer: nothing is pending for anybody"))
    return line(
        Span(f"█ pending {short_count(consumer.pending)}", "first"),
        " ",
        Span(f"─ ack pending {short_count(consumer.ack_pending)}", "second"),
    )


def dead_legend(dead: DeadLetterState | None) -> Line:
    """Return how many dead letters there are."""
    if dead is None:
        return line(tr("no stream takes them"))
    return line(Span(f"█ {short_count(dead.depth)}", "third"))


def retry_legend(rates: Rates) -> Line:
    """Return the pace of retries, per minute as the chart has it."""
    pace = NONE if rates.retried is None else f"{short_count(rates.retried * 60)}/min"
    return line(Span(f"─ {pace}", "second"))


def pace_curves(trend: Trend, seconds: float, hearing: Hearing) -> tuple[str, list[Curve]]:
    """Return the tasks that come in and go out, after a title with their unit."""
    curves = _per_second(trend, seconds, hearing)
    if peak(curves, seconds) >= SLOW:
        return tr("In / out, per second"), curves
    return tr("In / out, per minute"), [
        Curve(curve.name, _times(curve.points, 60), curve.tone, curve.dotted) for curve in curves
    ]


def pace_legend(rates: Rates, hearing: Hearing) -> Line:
    """Return which curve is which, and what they stand at."""
    not_heard = tr("not heard")
    incoming = _rate(rates.incoming) if hearing.hears("task") else not_heard
    outgoing = _rate(rates.outgoing) if hearing.hears("acknowledgement") else not_heard
    return line(
        Span("┄ " + tr("in {rate}", rate=incoming), "second"),
        "  ",
        Span("─ " + tr("out {rate}", rate=outgoing), "first"),
    )


def rate_note(hearing: Hearing) -> str:
    """Return why a chart of rates has no curve."""
    if hearing.deaf:
        return tr("our user may not listen to them")
    return tr("none is overheard") if hearing.unheard else tr("two polls make a rate")


def _per_second(trend: Trend, seconds: float, hearing: Hearing) -> list[Curve]:
    curves = []
    if hearing.hears("task"):
        curves.append(Curve("in", trend.incoming(seconds), "second", dotted=True))
    if hearing.hears("acknowledgement"):
        curves.append(Curve("out", trend.outgoing(seconds), "first"))
    return curves


def _times(points: Sequence[Point], factor: float) -> list[Point]:
    return [(at, value * factor) for at, value in points]


def _rate(value: float | None) -> str:
    return NONE if value is None else rate(value)
