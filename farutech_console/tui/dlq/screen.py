"""The dead letters: a table, the letter under the cursor in full, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Static

from farutech_console.tui.common.confirm import ConfirmPlan
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.room import Desk, Room, RunRequested
from farutech_console.tui.common.spans import content, one_line
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.textview import TextView
from farutech_console.tui.dlq.detail import detail_lines, gone_lines
from farutech_console.tui.dlq.reader import Reader
from farutech_console.tui.dlq.rows import LetterRows, columns, empty_lines, title_line
from farutech_console.tui.dlq.selection import Selection
from farutech_console.tui.keys import bindings
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.model import Plan, PlanKind

DETAIL_DELAY_S = 0.08
"""How long the cursor has to rest before its letter is fetched."""

NEAR_END = 50
"""Rows from the end of what was read at which more is read."""


class DeadLettersRoom(Room):
    """Key 3."""

    NAME = "dlq"
    CSS_PATH = "dlq.tcss"
    AUTO_FOCUS = "VirtualTable"
    BINDINGS = bindings("dlq")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._reader = Reader(desk.backend)
        self._selection = Selection()
        self._failure = ""
        self._seen: object = None
        self._rest: Timer | None = None
        self._detail_of: int | None = None

    def body(self) -> ComposeResult:
        """The table on the left or alone; the open letter on the right or instead."""
        yield Static(id="title")
        yield Static(id="empty")
        with Horizontal(id="letters"):
            yield VirtualTable(id="table")
            with Vertical(id="detail"):
                yield TextView(id="letter")

    # What is shown

    def show(self, live: Live) -> None:
        """Read again where something changed on the server; let ages grow."""
        self.set_class(not live.is_fresh(self.desk.clock.now()), "-stale")
        state = live.status.dead_letters if live.status else None
        if live.link.connected and (state != self._seen or self._failure):
            self._seen = state
            self._refresh()
        self._draw()

    def _draw(self) -> None:
        letters, now = self._reader.letters, self.desk.clock.now()
        table = self.query_one("#table", VirtualTable)
        dead = self._live.status.dead_letters if self._live and self._live.status else None
        expiring = dead is not None and dead.max_age is not None
        width = table.size.width
        rows = LetterRows(letters, now, width, expiring=expiring)
        table.show(rows, columns(width, expiring=expiring), self._selection)
        self.query_one("#title", Static).update(
            one_line(title_line(letters, self._selection, table.scroll_offset.y))
        )
        self.set_class(not len(letters), "-empty")
        if self._live is not None and not len(letters):
            lines = empty_lines(letters, self._live, self._failure)
            self.query_one("#empty", Static).update(content(lines))
        if table.cursor != self._detail_of:
            self._show_detail_soon()

    @work(exclusive=True, group="letters", exit_on_error=False)
    async def _refresh(self) -> None:
        try:
            await self._reader.newest()
            await self._reader.again(self.query_one("#table", VirtualTable).in_view)
        except expected() as error:
            self._failure = in_words(error)
        else:
            self._failure = ""
        self._draw()

    @work(exclusive=True, group="older", exit_on_error=False)
    async def _read_older(self) -> None:
        try:
            await self._reader.older()
            await self._reader.again(self.query_one("#table", VirtualTable).in_view)
        except expected() as error:
            self._failure = in_words(error)
        self._draw()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        table = self.query_one("#table", VirtualTable)
        near_end = table.in_view.stop >= len(table.rows) - NEAR_END
        if near_end and self._reader.letters.more:
            self._read_older()
        self._draw()

    # The open letter

    def _show_detail_soon(self) -> None:
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(DETAIL_DELAY_S, self._show_detail)

    @work(exclusive=True, group="detail", exit_on_error=False)
    async def _show_detail(self) -> None:
        sequence = self.query_one("#table", VirtualTable).cursor
        view = self.query_one("#letter", TextView)
        self._detail_of = sequence
        pane = self.query_one("#detail", Vertical)
        pane.border_title = f"Letter {sequence}" if sequence is not None else ""
        pane.border_subtitle = "esc back" if self.has_class("-open") else "enter to scroll"
        if sequence is None:
            view.show([])
            return
        try:
            stored = await self.desk.backend.letter(sequence)
        except expected() as error:
            view.show(gone_lines(in_words(error)), from_top=True)
            return
        now = self.desk.clock.now()
        lines = detail_lines(stored, now) if stored else gone_lines("it is gone")
        view.show(lines, from_top=True)

    @on(VirtualTable.Opened)
    def action_open(self) -> None:
        """Open the letter under the cursor."""
        if self.query_one("#table", VirtualTable).cursor is not None:
            self.add_class("-open")
            self.query_one("#letter", TextView).focus()

    def go_back(self) -> bool:
        """Close the letter, else take the marks off."""
        if self.has_class("-open"):
            self.remove_class("-open")
            self.query_one("#table", VirtualTable).focus()
        elif self._selection:
            self._selection = Selection()
            self._draw()
        else:
            return False
        return True

    # Marks

    def action_mark(self) -> None:
        """Turn the mark of the letter under the cursor, and go on to the next."""
        table = self.query_one("#table", VirtualTable)
        if table.cursor is not None:
            self._selection = self._selection.toggled(table.cursor)
            table.action_cursor_down()
            self._draw()

    def action_mark_all(self) -> None:
        """Mark all that lie there now, or take all marks off."""
        newest = self._reader.letters.newest
        all_marked = self._selection.up_to is not None
        self._selection = Selection() if all_marked or newest is None else Selection(up_to=newest)
        self._draw()

    # What changes the server

    def action_replay(self) -> None:
        """Send again, after a preview."""
        self._ask("replay")

    def action_purge(self) -> None:
        """Delete, after a preview."""
        self._ask("purge")

    @work(exclusive=True, group="plan", exit_on_error=False)
    async def _ask(self, kind: PlanKind) -> None:
        cursor = self.query_one("#table", VirtualTable).cursor
        if self.running:
            self.notify("Another run is under way: wait for it to end.", severity="warning")
            return
        if cursor is None and not self._selection:
            self.notify("There is no letter here.", severity="warning", markup=False)
            return
        try:
            plan = await self._reader.plan(kind, self._selection, cursor)
        except expected() as error:
            self.notify(literal(in_words(error)), severity="error", markup=False)
            return
        confirmed = await self.app.push_screen_wait(self._dialog(plan))
        if confirmed is not None:
            self._selection = Selection()
            self.post_message(RunRequested(confirmed))
            self._draw()

    def _dialog(self, plan: Plan) -> ConfirmPlan:
        everything = plan.count > 1 and plan.count >= self._reader.letters.depth
        type_name = plan.kind == "purge" and everything
        return ConfirmPlan(plan, self.desk.clock.now(), type_name=type_name)
