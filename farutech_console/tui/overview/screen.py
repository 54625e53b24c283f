"""The overview: a verdict in words, the figures, and how they came to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from farutech_console.operations.verdict import problems
from farutech_console.tui.common.chart import Chart
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.panel import Panel
from farutech_console.tui.common.room import Room
from farutech_console.tui.common.spans import content
from farutech_console.tui.common.waiting import waiting_lines
from farutech_console.tui.overview.charts import (
    backlog_curves,
    backlog_legend,
    pace_curves,
    pace_legend,
    pace_title,
    span_of,
)
from farutech_console.tui.overview.rows import consumer_figures, failure_figures, stream_figures
from farutech_console.tui.overview.verdict import verdict_lines
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.model import QueueStatus


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
                yield Chart("Backlog", least=10, id="lag")
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
        seconds = span_of(trend)
        self.query_one("#lag", Chart).draw(
            backlog_curves(trend),
            seconds,
            legend=backlog_legend(status.consumer),
            note="no figures yet",
        )
        pace = pace_curves(trend, seconds)
        chart = self.query_one("#rates", Chart)
        chart.border_title = pace_title(trend, seconds)
        chart.draw(pace, seconds, legend=pace_legend(trend.rates()), note="two polls make a rate")
