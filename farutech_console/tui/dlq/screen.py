"""The dead letters: a table, the letter under the cursor in full, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer

from farutech_console.operations.actions import asks_name
from farutech_console.operations.filter.model import ALL, FilterError
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.velocity import Pacing
from farutech_console.tui.common.confirm import ConfirmPlan
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.messages import RunRequested
from farutech_console.tui.common.room import Desk, Room
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.textview import TextView
from farutech_console.tui.common.words import Words
from farutech_console.tui.dlq.causes import Causes
from farutech_console.tui.dlq.filterbar import FilterBar
from farutech_console.tui.dlq.pane import LetterPane
from farutech_console.tui.dlq.reader import Reader
from farutech_console.tui.dlq.rows import LetterRows, columns, empty_lines, title_line
from farutech_console.tui.dlq.selection import Selection
from farutech_console.tui.keys import bindings
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.filter.model import Filter
    from farutech_console.operations.model import Plan, PlanKind

CAREFUL = Pacing(canary=True, stop_share=0.2)
"""One letter first, and an end once more than a fifth came back dead."""

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
        self._reading = self._fetching = False
        self._rest: Timer | None = None

    def body(self) -> ComposeResult:
        """The table on the left or alone; the open letter on the right or instead."""
        yield Words(id="title")
        yield Words(id="empty")
        with Horizontal(id="letters"):
            yield VirtualTable(id="table")
            yield LetterPane(id="detail")
        yield FilterBar()

    # What is shown

    def show(self, live: Live) -> None:
        """Read again where something changed on the server; let ages grow."""
        state = live.status.dead_letters if live.status else None
        asked_for = state != self._seen or bool(self._failure) or self._reader.is_behind
        if live.link.connected and asked_for and not self._reading:
            self._seen, self._reading = state, True
            self._refresh()
        self.grow(live)

    def grow(self, live: Live) -> None:
        """Draw what was read, with its ages."""
        self.set_class(not live.is_fresh(self.desk.clock.now()), "-stale")
        self._draw()

    def _draw(self) -> None:
        letters, now = self._reader.letters, self.desk.clock.now()
        table = self.query_one("#table", VirtualTable)
        dead = self._live.status.dead_letters if self._live and self._live.status else None
        expiring = dead is not None and dead.max_age is not None
        width = table.size.width
        rows = LetterRows(letters, now, width, expiring=expiring)
        table.show(rows, columns(width, expiring=expiring), self._selection)
        self.query_one("#title", Words).show(
            [title_line(self._reader, self._selection, table.scroll_offset.y)]
        )
        self.set_class(not len(letters), "-empty")
        if self._live is not None and not len(letters):
            lines = empty_lines(self._reader, self._live, self._failure)
            self.query_one("#empty", Words).show(lines)
        pane = self.query_one(LetterPane)
        if table.cursor != pane.sequence:
            self._show_detail_soon()
        else:
            pane.grow(now)

    @work(group="letters", exit_on_error=False)
    async def _refresh(self) -> None:
        """Read the newest letters; one reading ends before the next begins, however slow."""
        try:
            await self._reader.newest()
            await self._reader.again(self.query_one("#table", VirtualTable).in_view)
        except expected() as error:
            self._failure = in_words(error)
        else:
            self._failure = ""
        finally:
            self._reading = False
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
        self._fetch_near()
        self._draw()

    @work(group="rows", exit_on_error=False)
    async def _fetch_near(self) -> None:
        """Fetch the rows that are in view, or soon will be; one fetch at a time."""
        if self._fetching:
            return
        self._fetching = True
        try:
            while self._reader.lacks(self.query_one("#table", VirtualTable).in_view):
                await self._reader.again(self.query_one("#table", VirtualTable).in_view)
                self._draw()
        except expected() as error:
            self._failure = in_words(error)
            self._draw()
        finally:
            self._fetching = False

    # Only some of them

    def action_filter(self) -> None:
        """Ask what the letters are to be like."""
        self.query_one(FilterBar).open(str(self._reader.wanted))

    @on(FilterBar.Chosen)
    def _filtered(self, event: FilterBar.Chosen) -> None:
        self._want(event.wanted)

    def _want(self, wanted: Filter) -> None:
        self._leave_filter()
        self._reader.want(wanted)
        self._selection = Selection()
        # What is being read is read no further.
        self.workers.cancel_group(self, "letters")
        self._seen, self._reading = None, False
        if self._live is not None:
            self.show(self._live)

    def _leave_filter(self) -> None:
        self.query_one(FilterBar).close()
        self.query_one("#table", VirtualTable).focus()

    def look_at(self, evidence: str) -> None:
        """Show what this filter finds."""
        self._want(parse_filter(evidence))

    @work(exclusive=True, group="causes", exit_on_error=False)
    async def action_causes(self) -> None:
        """Count the letters by cause, and show those of one."""
        dialog = Causes(self.desk.backend, self.desk.clock, self._reader.wanted)
        chosen = await self.app.push_screen_wait(dialog)
        if chosen is not None:
            wanted = self._reader.wanted
            self.look_at(f"({wanted}) {chosen}" if wanted else chosen)

    # The open letter

    def _show_detail_soon(self) -> None:
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(DETAIL_DELAY_S, self._show_detail)

    @work(exclusive=True, group="detail", exit_on_error=False)
    async def _show_detail(self) -> None:
        sequence = self.query_one("#table", VirtualTable).cursor
        pane = self.query_one(LetterPane)
        pane.announce(sequence)
        if sequence is None:
            pane.clear()
            return
        try:
            stored = await self.desk.backend.letter(sequence)
        except expected() as error:
            pane.clear(in_words(error))
            return
        if stored is None:
            pane.clear("it is gone")
        else:
            pane.show(stored, self.desk.clock.now())

    @on(VirtualTable.Opened)
    def action_open(self) -> None:
        """Open the letter under the cursor."""
        if self.query_one("#table", VirtualTable).cursor is not None:
            self._set_open(open_=True)
            self.query_one("#letter", TextView).focus()

    def _set_open(self, *, open_: bool) -> None:
        self.set_class(open_, "-open")
        self.query_one(LetterPane).border_subtitle = "esc back" if open_ else "enter to scroll"

    def go_back(self) -> bool:
        """Close the letter, else take the marks off."""
        if self.query_one(FilterBar).display:
            self._leave_filter()
        elif self.has_class("-open"):
            self._set_open(open_=False)
            self.query_one("#table", VirtualTable).focus()
        elif self._selection:
            self._selection = Selection()
            self._draw()
        elif self._reader.wanted:
            self._want(ALL)
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

    def command(self, name: str, argument: str) -> None:
        """Filter the letters, or replay or purge what is marked."""
        if name == "causes":
            self.action_causes()
        elif name == "filter":
            try:
                self._want(parse_filter(argument))
            except FilterError as error:
                where = f"column {error.column}"
                self.notify(f"{literal(error.message)} ({where})", severity="warning", markup=False)
        else:
            self._ask("purge" if name == "purge" else "replay")

    def to_copy(self) -> str:
        """Return the id of the letter's task, or its sequence where it has none."""
        letters, cursor = self._reader.letters, self.query_one("#table", VirtualTable).cursor
        row = None if cursor is None else letters.row(cursor)
        return row.task_id if row is not None and row.task_id else str(cursor or "")

    # What changes the server

    def action_replay(self) -> None:
        """Send again, after a preview."""
        self._ask("replay")

    def action_canary(self) -> None:
        """Send one first, and the others once it ended well, after a preview."""
        self._ask("replay", CAREFUL)

    def action_purge(self) -> None:
        """Delete, after a preview."""
        self._ask("purge")

    @work(exclusive=True, group="plan", exit_on_error=False)
    async def _ask(self, kind: PlanKind, pacing: Pacing | None = None) -> None:
        cursor = self.query_one("#table", VirtualTable).cursor
        if self.running:
            self.notify("Another run is under way: wait for it to end.", severity="warning")
            return
        if cursor is None and not self._selection:
            self.notify("There is no letter here.", severity="warning", markup=False)
            return
        try:
            plan = await self._reader.plan(kind, self._selection, cursor, pacing)
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
        guarded = asks_name(plan.kind, plan.count, self.desk.preferences.environment)
        type_name = guarded or (plan.kind == "purge" and everything)
        return ConfirmPlan(plan, self.desk.clock.now(), type_name=type_name)
