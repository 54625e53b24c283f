"""The overview: a verdict in words, the figures, and how they came to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from farutech_console.tui.common.canvas import Curve
from farutech_console.tui.common.chart import Chart
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.panel import Panel
from farutech_console.tui.common.room import Room
from farutech_console.tui.common.spans import content
from farutech_console.tui.common.units import count, rate
from farutech_console.tui.common.waiting import waiting_lines
from farutech_console.tui.overview.rows import consumer_figures, failure_figures, stream_figures
from farutech_console.tui.overview.verdict import problems, verdict_lines
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.model import QueueStatus

SPANS = (120.0, 900.0, 3600.0)
"""Seconds that the charts may look back; the shortest that holds all samples is taken."""


class OverviewRoom(Room):
    """Key 1."""

    NAME = "overview"
    CSS_PATH = "overview.tcss"

    def body(self) -> ComposeResult:
        """The verdict, three panels and two charts; or why there is nothing to show."""
        yield Static(id="waiting")
        with Vertical(id="figures"):
            yield Static(id="verdict")
            with Horizontal(id="panels"):
                yield Panel("Stream", id="stream")
                yield Panel("Consumer", id="consumer")
                yield Panel("Failures", id="failures")
            with Horizontal(id="charts"):
                yield Chart("Pending", id="lag")
                yield Chart("In / out", id="rates")

    def show(self, live: Live) -> None:
        """Draw the newest state."""
        now = self.desk.clock.now()
        status = live.status
        self.set_class(status is None, "-waiting")
        self.set_class(status is not None and not live.is_fresh(now), "-stale")
        if status is None:
            lines = waiting_lines(live, now, self.desk.backend.names)
            self.query_one("#waiting", Static).update(content(lines))
            return
        rates = self.desk.trend.rates()
        found = problems(status, rates, now)
        self.query_one("#verdict", Static).update(content(verdict_lines(status, found)))
        names = self.desk.backend.names
        stream, consumer = (self.query_one(f"#{name}", Panel) for name in ("stream", "consumer"))
        stream.name_it(f"Stream {literal(names.stream, 40)}")
        stream.show(stream_figures(status, rates, now))
        consumer.name_it(f"Consumer {literal(names.consumer, 40)}")
        consumer.show(consumer_figures(status, rates), empty="it does not exist")
        self.query_one("#failures", Panel).show(failure_figures(status, rates, now))
        self._draw_charts(status)

    def _draw_charts(self, status: QueueStatus) -> None:
        trend = self.desk.trend
        seconds = next((span for span in SPANS if span >= trend.seconds), SPANS[-1])
        pending = status.consumer.pending if status.consumer else 0
        self.query_one("#lag", Chart).draw(
            [Curve("pending", trend.pending(), "first", filled=True)],
            seconds,
            legend=f"{count(pending)} now",
            note="no consumer, no pending tasks" if status.consumer is None else "",
        )
        rates = trend.rates()
        incoming, outgoing = (
            "–" if value is None else rate(value)  # noqa: RUF001 - a glyph
            for value in (rates.incoming, rates.outgoing)
        )
        self.query_one("#rates", Chart).draw(
            [
                Curve("in", trend.incoming(), "second", dotted=True),
                Curve("out", trend.outgoing(), "first"),
            ],
            seconds,
            legend=f"┄ in {incoming}  ─ out {outgoing}",
            note="two polls are needed for a rate",
        )
