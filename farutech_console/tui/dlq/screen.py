"""The dead letters: a table, the letter under the cursor in full, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from farutech_console.operations.filter.model import ALL, FilterError
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.pace.pacing import parse_rate
from farutech_console.operations.units import age
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.room import Desk
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.words import Words
from farutech_console.tui.dlq.beside import CausesBeside
from farutech_console.tui.dlq.causes import Causes
from farutech_console.tui.dlq.filterbar import FilterBar
from farutech_console.tui.dlq.known import known_values
from farutech_console.tui.dlq.noting import cause_words
from farutech_console.tui.dlq.opened import OpenedLetter
from farutech_console.tui.dlq.pane import LetterPane
from farutech_console.tui.dlq.rows import (
    LetterRows,
    columns,
    empty_lines,
    next_order,
    order_by,
    parse_order,
    title_line,
)
from farutech_console.tui.dlq.selection import Selection
from farutech_console.tui.keys import bindings
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from farutech_console.operations.causes.causes import Cause
    from farutech_console.operations.filter.model import Filter
    from farutech_console.operations.index.order import Order

NEAR_END = 50
"""Rows from the end of what was read at which more is read."""


class DeadLettersRoom(OpenedLetter):
    """Key 3."""

    NAME = "dlq"
    CSS_PATH = "dlq.tcss"
    AUTO_FOCUS = "VirtualTable"
    BINDINGS = bindings("dlq")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._failure = ""
        self._read_at = desk.clock.now()
        self._seen: object = None
        self._reading = self._fetching = False

    def within(self) -> tuple[str, ...]:
        """What the letters are like, and which is open."""
        is_open = self.has_class("-open") and self.chosen is not None
        return literal(str(self._reader.wanted), 60), f"seq {self.chosen}" if is_open else ""

    def body(self) -> ComposeResult:
        """The table on the left or alone; the open letter on the right or instead."""
        yield Words(id="title")
        yield Words(id="empty")
        with Horizontal(id="letters"):
            yield VirtualTable(id="table")
            with Vertical(id="side"):
                yield CausesBeside(self.desk)
                yield LetterPane(id="detail")
        yield FilterBar()

    # What is shown

    def show(self, live: Live) -> None:
        """Read again where something changed on the server; let ages grow."""
        state = live.status.dead_letters if live.status else None
        if state is not None:
            self.live_as(state.created)
        asked_for = state != self._seen or bool(self._failure) or self._reader.is_behind
        if live.link.connected and asked_for and not self._reading:
            self._seen, self._reading = state, True
            self._refresh()
        self.grow(live)

    def grow(self, live: Live) -> None:
        """Draw what was read, with its ages."""
        del live
        self.redraw()

    @on(VirtualTable.Resized)
    def redraw(self) -> None:
        """Draw what is read and what is marked."""
        letters, now = self._reader.letters, self.desk.clock.now()
        if self._live is not None:
            self.set_class(bool(self._failure) or not self._live.is_fresh(now), "-stale")
        table = self.table
        dead = self._live.status.dead_letters if self._live and self._live.status else None
        expiring = self._is_expiring()
        width = table.size.width
        rows = LetterRows(letters, now, width, expiring=expiring)
        shown = columns(width, expiring=expiring, order=self._reader.order)
        table.show(rows, shown, self._selection)
        above, old = table.scroll_offset.y, age(self._read_at, now)
        title = title_line(self._reader, self._selection, above, failure=self._failure, old=old)
        self.query_one("#title", Words).show([title])
        self.set_class(not len(letters) and not self.has_class("-open"), "-empty")
        if self._live is not None and not len(letters):
            lines = empty_lines(self._reader, self._live, self._failure, now)
            self.query_one("#empty", Words).show(lines)
        self.follow_cursor()
        if self._live is not None and self._live.link.connected:
            self.query_one(CausesBeside).follow(self._reader, dead)

    def _is_expiring(self) -> bool:
        status = self._live.status if self._live else None
        return bool(status and status.dead_letters and status.dead_letters.max_age is not None)

    @work(group="letters", exit_on_error=False)
    async def _refresh(self) -> None:
        """Read the newest letters; one reading ends before the next begins, however slow."""
        try:
            await self._reader.newest()
            await self._reader.again(self.table.in_view)
        except expected() as error:
            self._failure = in_words(error)
        else:
            self._failure, self._read_at = "", self.desk.clock.now()
        finally:
            self._reading = False
        self.redraw()

    @work(exclusive=True, group="older", exit_on_error=False)
    async def _read_older(self) -> None:
        try:
            await self._reader.older()
            await self._reader.again(self.table.in_view)
        except expected() as error:
            self._failure = in_words(error)
        self.redraw()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self.follow_operator()
        table = self.table
        near_end = table.in_view.stop >= len(table.rows) - NEAR_END
        if near_end and self._reader.letters.more:
            self._read_older()
        self._fetch_near()
        self.redraw()

    @work(group="rows", exit_on_error=False)
    async def _fetch_near(self) -> None:
        """Fetch the rows that are in view, or soon will be; one fetch at a time."""
        if self._fetching:
            return
        self._fetching = True
        try:
            while self._reader.lacks(self.table.in_view):
                await self._reader.again(self.table.in_view)
                self.redraw()
        except expected() as error:
            self._failure = in_words(error)
            self.redraw()
        finally:
            self._fetching = False

    # Only some of them

    def action_filter(self) -> None:
        """Ask what the letters are to be like."""
        known = known_values(self._live)
        self.query_one(FilterBar).open(str(self._reader.wanted), known)

    @on(FilterBar.Chosen)
    def _filtered(self, event: FilterBar.Chosen) -> None:
        self._want(event.wanted)

    def _want(self, wanted: Filter) -> None:
        self._leave_filter()
        if self.has_class("-open"):
            self.close_letter()
        self._reader.want(wanted)
        self._selection = Selection()
        # What is being read is read no further.
        self.workers.cancel_group(self, "letters")
        self._reading = False
        self.look_again()

    def look_again(self) -> None:
        """Read again, whether or not something changed."""
        self._seen = None
        self.query_one(CausesBeside).forget()
        if self._live is not None:
            self.show(self._live)

    def _leave_filter(self) -> None:
        self.query_one(FilterBar).close()
        self.table.focus()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort(next_order(self._reader.order))

    def _sort(self, order: Order) -> None:
        self._reader.sort(order)
        self.table.action_first()
        self.workers.cancel_group(self, "letters")
        self._reading = False
        self.look_again()

    @on(VirtualTable.Headed)
    def _sort_by(self, event: VirtualTable.Headed) -> None:
        """Sort by the column whose heading was clicked; again turns it round."""
        before = self._reader.order
        width, expiring = self.table.size.width, self._is_expiring()
        order = order_by(event.position, width, before, expiring=expiring)
        if order is not None:
            self._sort(order)

    def look_at(self, evidence: str) -> None:
        """Show what this filter finds."""
        self._want(parse_filter(evidence))

    def action_causes(self) -> None:
        """Go to the causes beside the table; where there is no room for them, count them."""
        beside = self.query_one(CausesBeside)
        if beside.is_seen:
            beside.focus_list()
        else:
            self._count_causes()

    @work(exclusive=True, group="causes", exit_on_error=False)
    async def _count_causes(self) -> None:
        """Count the causes of all letters, and show those of one."""
        dialog = Causes(self.desk, self._reader.wanted)
        chosen = await self.app.push_screen_wait(dialog)
        if chosen is not None:
            self._narrow(chosen)

    @on(CausesBeside.Chosen)
    def _chosen_beside(self, event: CausesBeside.Chosen) -> None:
        self._narrow(event.wanted)

    def _narrow(self, chosen: str) -> None:
        """Show those of the letters shown that are of this cause."""
        wanted = self._reader.wanted
        self.look_at(f"({wanted}) {chosen}" if wanted else chosen)

    async def noted_cause(self) -> Cause | None:
        """Return the cause that a note would be on, in the list of causes the one there."""
        beside = self.query_one(CausesBeside)
        return beside.cause() if beside.has_focus_within else await super().noted_cause()

    def to_copy(self) -> str:
        """Return the cause where the cursor is in the list of causes, else what the letter has."""
        beside = self.query_one(CausesBeside)
        cause = beside.cause() if beside.has_focus_within else None
        return super().to_copy() if cause is None else cause_words(cause)

    # Back, and commands

    def go_back(self) -> bool:
        """Close the letter, else take the marks off."""
        if self.query_one(FilterBar).display:
            self._leave_filter()
        elif self.has_class("-open"):
            self.close_letter()
        elif self.query_one(CausesBeside).has_focus_within:
            self.table.focus()
        elif self._selection:
            self._selection = Selection()
            self.redraw()
        elif self._reader.wanted:
            self._want(ALL)
        else:
            return False
        return True

    def command(self, name: str, argument: str) -> None:
        """Filter the letters, or do something with those that are marked."""
        acts: dict[str, Callable[[], object]] = {
            "causes": self._count_causes,
            "purge": self.action_purge,
            "edit": self.action_edit,
            "export": self.action_export,
            "note": self.action_note,
        }
        if name in acts:
            acts[name]()
            return
        try:
            if name == "replay":
                self.replay_at(parse_rate(argument) if argument else None)
            elif name == "sort":
                self._sort(parse_order(argument))
            else:
                self._want(parse_filter(argument))
        except FilterError as error:
            self.query_one(FilterBar).mend(argument, error, known_values(self._live))
        except ValueError as error:
            self.notify(str(error), severity="warning", markup=False)
