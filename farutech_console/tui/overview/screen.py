"""The overview: a verdict in words, the figures, and how they came to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from farutech_console.operations.units import duration
from farutech_console.operations.verdict import problems
from farutech_console.tui.common.chart import Chart
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.messages import Follow
from farutech_console.tui.common.panel import Panel
from farutech_console.tui.common.room import Desk, Room
from farutech_console.tui.common.waiting import waiting_lines
from farutech_console.tui.common.words import Words
from farutech_console.tui.overview.charts import (
    backlog_curves,
    backlog_legend,
    dead_curves,
    dead_legend,
    next_span,
    pace_curves,
    pace_legend,
    pace_title,
    retry_curves,
    span_of,
)
from farutech_console.tui.overview.problems import Problems
from farutech_console.tui.overview.rows import consumer_figures, failure_figures, stream_figures
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.model import QueueStatus


class OverviewRoom(Room):
    """Key 1."""

    NAME = "overview"
    CSS_PATH = "overview.tcss"
    AUTO_FOCUS = "Problems"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._span: float | None = None

    def body(self) -> ComposeResult:
        """The verdict, three panels and four charts; or why there is nothing to show."""
        yield Words(id="waiting")
        with Vertical(id="figures"):
            yield Problems(id="verdict")
            with Horizontal(id="panels"):
                names = self.desk.backend.names
                yield Panel(f"Stream {literal(names.stream, 40)}", id="stream")
                yield Panel(f"Consumer {literal(names.consumer, 40)}", id="consumer")
                yield Panel("Failures", id="failures")
            with Vertical(id="charts"):
                with Horizontal():
                    yield Chart("Backlog", least=10, id="lag")
                    yield Chart("In / out", id="rates")
                with Horizontal(id="more-charts"):
                    yield Chart("Dead letters", least=10, id="dead")
                    yield Chart("Retries, per minute", id="retries")

    def show(self, live: Live) -> None:
        """Draw the newest state."""
        now = self.desk.clock.now()
        status = live.status
        self.set_class(status is None, "-waiting")
        self.set_class(status is not None and not live.is_fresh(now), "-stale")
        if status is None:
            lines = waiting_lines(live, now, self.desk.backend.names)
            self.query_one("#waiting", Words).show(lines)
            return
        rates = self.desk.trend.rates()
        found = problems(status, rates, now, live.fleet, live.causes, live.link.deaf)
        self.query_one(Problems).tell(status, found)
        stream, consumer = (self.query_one(f"#{name}", Panel) for name in ("stream", "consumer"))
        stream.show(stream_figures(status, rates, now))
        consumer.show(consumer_figures(status, rates, live.fleet), empty="it does not exist")
        self.query_one("#failures", Panel).show(failure_figures(status, rates, now))
        self._draw_charts(status)

    def _draw_charts(self, status: QueueStatus) -> None:
        trend = self.desk.trend
        seconds, rates = span_of(trend, self._span), trend.rates()
        pace = self.query_one("#rates", Chart)
        pace.name_it(pace_title(trend, seconds))
        charts = (
            ("lag", backlog_curves(trend, seconds), backlog_legend(status.consumer)),
            ("rates", pace_curves(trend, seconds), pace_legend(rates)),
            ("dead", dead_curves(trend, seconds), dead_legend(status.dead_letters)),
            ("retries", retry_curves(trend, seconds), ()),
        )
        for name, curves, legend in charts:
            note = "two polls make a rate" if name in ("rates", "retries") else "no figures yet"
            chart = self.query_one(f"#{name}", Chart)
            chart.draw(curves, seconds, until=status.taken_at, legend=legend, note=note)

    def action_span(self) -> None:
        """Look back further, or from the shortest span on again."""
        self._span = next_span(span_of(self.desk.trend, self._span))
        if self._live is not None:
            self.show(self._live)
        self.notify(f"The charts look back {duration(self._span)}.", timeout=2)

    @on(Problems.Followed)
    async def _follow(self, event: Problems.Followed) -> None:
        self.post_message(Follow(event.problem.room, event.problem.evidence))
