"""Live task events: follow the newest, or hold still to read."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from farutech_console.operations.units import count
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.room import Desk, Room
from farutech_console.tui.common.spans import Line, Span, content, line, one_line
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.keys import bindings
from farutech_console.tui.tasks.rows import EventRows, columns, empty_lines, summary

REPAINTS_S = 0.1


class TasksRoom(Room):
    """Key 2. `following` keeps the newest event in view; moving the cursor up ends it."""

    NAME = "tasks"
    CSS_PATH = "tasks.tcss"
    AUTO_FOCUS = "VirtualTable"
    BINDINGS = bindings("tasks")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._following = True
        self._seen = -1
        self._held_at = 0
        self._since = desk.clock.now()

    def body(self) -> ComposeResult:
        """One line about the list, and the list."""
        yield Static(id="title")
        yield Static(id="empty")
        yield VirtualTable(gutter=False)

    def on_mount(self) -> None:
        """Repaint ten times a second at most, however many events come."""
        super().on_mount()
        self._repaints = self.set_interval(REPAINTS_S, self._repaint)

    def on_screen_suspend(self) -> None:
        """Nobody looks."""
        self._repaints.pause()

    def on_screen_resume(self) -> None:
        """Somebody looks again."""
        super().on_screen_resume()
        if self.is_mounted:
            self._seen = -1
            self._repaints.resume()

    def on_resize(self) -> None:
        """Other columns may fit."""
        self._seen = -1

    def show(self, live: Live) -> None:
        """Say why the list is empty, where it is."""
        self.set_class(self.desk.events.total == 0, "-empty")
        lines = empty_lines(live, self._since, self.desk.clock.now())
        self.query_one("#empty", Static).update(content(lines))
        self._title()

    def _repaint(self) -> None:
        log = self.desk.events
        if log.total == self._seen:
            return
        self._seen = log.total
        self.set_class(log.total == 0, "-empty")
        width = self.size.width
        rows = EventRows(log, width)
        self.query_one(VirtualTable).show(rows, columns(width), follow=self._following)
        self._title()

    def _title(self) -> None:
        log = self.desk.events
        mode: Line
        if self._following:
            mode = line(Span("▼ following", "ok"))
        else:
            new = log.total - self._held_at
            mode = line(Span(f"‖ held, {count(new)} new: end follows", "warn"))
        told = summary(self.desk.backend.feed_counts(), log.total - log.first, log.first)
        spans = line(Span(" Tasks  ", "strong"), *mode, Span(f"   {told}", "muted"))
        self.query_one("#title", Static).update(one_line(spans))

    @on(VirtualTable.Moved)
    def _moved(self, event: VirtualTable.Moved) -> None:
        self._follow(on=event.at_end)

    def _follow(self, *, on: bool) -> None:
        if on != self._following:
            self._following = on
            self._held_at = self.desk.events.total
            self._seen = -1
            self._repaint()

    def action_pause(self) -> None:
        """Hold still, or go on."""
        self._follow(on=not self._following)

    def action_follow(self) -> None:
        """Follow the newest event."""
        self._follow(on=True)
