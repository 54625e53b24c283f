"""The overview: a verdict in words, the figures, and how they came to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from farutech_console.language import tr
from farutech_console.operations.watch.verdict import problems
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
    rate_note,
    retry_curves,
    retry_legend,
    span_of,
)
from farutech_console.tui.overview.problems import Problems
from farutech_console.tui.overview.rows import (
    consumer_figures,
    failure_figures,
    server_line,
    stream_figures,
    told_ago,
)
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.model import QueueStatus
    from farutech_console.operations.watch.trend import Hearing, Rates

LOWEST_CHARTS = 5
"""Rows that the verdict leaves to the charts."""

MOST_LINES = 10
FEWEST_LINES = 3
"""Of the verdict."""

VIEWS = ("", "-failures", "-charts")
"""What a small terminal shows: the figures with two charts or the other two, or all four charts."""

TALL_VIEWS = ("", "-charts")
"""On a large one all four have room beside the figures."""


class OverviewRoom(Room):
    """Key 1."""

    NAME = "overview"
    CSS_PATH = "overview.tcss"
    AUTO_FOCUS = "Problems"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._span: float | None = None
        self._view = ""

    def body(self) -> ComposeResult:
        """The verdict, three panels and four charts; or why there is nothing to show."""
        yield Words(id="waiting")
        with Vertical(id="figures"):
            yield Problems(id="verdict")
            yield Words(id="server")
            with Horizontal(id="panels"):
                names = self.desk.backend.names
                yield Panel(f"Stream {literal(names.stream, 40)}", id="stream")
                yield Panel(f"Consumer {literal(names.consumer, 40)}", id="consumer")
                yield Panel(tr("Failures"), id="failures")
            with Vertical(id="charts"):
                with Horizontal(id="flow"):
                    yield Chart(tr("Backlog"), least=10, id="lag")
                    yield Chart(tr("In / out, per second"), id="rates")
                with Horizontal(id="more-charts"):
                    yield Chart(tr("Dead letters"), least=10, id="dead")
                    yield Chart(tr("Retries, per minute"), id="retries")

    def show(self, live: Live) -> None:
        """Draw the newest state."""
        now = self.desk.clock.now()
        status, fresh = live.status, live.is_fresh(now)
        self.set_class(status is None, "-waiting")
        self.set_class(status is not None and not fresh, "-stale")
        if status is None:
            lines = waiting_lines(live, now, self.desk.backend.names, self.desk.doctor)
            self.query_one("#waiting", Words).show(lines)
            return
        hearing = self.desk.trend.hearing(live.link.deaf)
        rates = self.desk.trend.rates().heard(hearing)
        found = problems(status, rates, now, live.fleet, live.causes, hearing)
        old = None if fresh else live.age(now)
        self.query_one(Problems).tell(status, found, most=self._room_for_verdict(), old=old)
        line = server_line(status, self.size.width, short=self._is_short)
        self.query_one("#server", Words).show([line])
        self._draw_figures(live, status, rates, hearing, now)
        self._draw_charts(status, rates, hearing)

    @property
    def _is_short(self) -> bool:
        """Whether the panels have no room for all figures."""
        return not self.has_class("-tall")

    def _room_for_verdict(self) -> int:
        """Return how many lines the verdict may take, so that figures and charts keep theirs."""
        figures, panels = self.query_one("#figures"), self.query_one("#panels")
        # Before the first layout there is the screen's height alone, of which bars take three.
        height = figures.size.height or self.size.height - 3 - bool(self.desk.notice)
        rows = panels.styles.height if panels.display else None
        taken = 1 + int(rows.value if rows else 0)
        return max(FEWEST_LINES, min(MOST_LINES, height - taken - LOWEST_CHARTS))

    def _draw_figures(
        self, live: Live, status: QueueStatus, rates: Rates, hearing: Hearing, now: datetime
    ) -> None:
        names = ("stream", "consumer", "failures")
        stream, consumer, failures = (self.query_one(f"#{name}", Panel) for name in names)
        stream.show(stream_figures(status, rates, now, hearing))
        unread = "consumer" in status.unread
        empty = tr("it cannot be looked at") if unread else tr("it does not exist")
        consumer.show(consumer_figures(status, rates, live.fleet), empty=empty)
        consumer.note(told_ago(status, live.fleet, now))
        failures.show(failure_figures(status, rates, now, hearing, short=self._is_short))
        failures.note(literal(status.dead_letters.stream, 40) if status.dead_letters else "")

    def _draw_charts(self, status: QueueStatus, rates: Rates, hearing: Hearing) -> None:
        trend = self.desk.trend
        seconds = span_of(trend, self._span)
        title, paces = pace_curves(trend, seconds, hearing)
        self.query_one("#rates", Chart).name_it(title)
        charts = (
            ("lag", backlog_curves(trend, seconds), backlog_legend(status.consumer)),
            ("rates", paces, pace_legend(rates, hearing)),
            ("dead", dead_curves(trend, seconds), dead_legend(status.dead_letters)),
            ("retries", retry_curves(trend, seconds, hearing), retry_legend(rates)),
        )
        for name, curves, legend in charts:
            rated = name in ("rates", "retries")
            note = rate_note(hearing) if rated else tr("no figures yet")
            chart = self.query_one(f"#{name}", Chart)
            chart.draw(curves, seconds, until=status.taken_at, legend=legend, note=note)

    def to_copy(self) -> str:
        """Return the problem under the cursor, in words."""
        problem = self.query_one(Problems).chosen()
        return "" if problem is None else literal(problem.text)

    def action_span(self) -> None:
        """Look back further, or from the shortest span on again."""
        self._span = next_span(span_of(self.desk.trend, self._span))
        if self._live is not None:
            self.show(self._live)

    def action_charts(self) -> None:
        """Show other charts, or all of them in place of the figures."""
        views = TALL_VIEWS if self.has_class("-tall") else VIEWS
        at = views.index(self._view) if self._view in views else 0
        self._view = views[(at + 1) % len(views)]
        for view in VIEWS:
            if view:
                self.set_class(view == self._view, view)
        if self._live is not None:
            self.call_after_refresh(self.show, self._live)

    @on(Problems.Followed)
    async def _follow(self, event: Problems.Followed) -> None:
        self.post_message(Follow(event.problem.room, event.problem.evidence))
