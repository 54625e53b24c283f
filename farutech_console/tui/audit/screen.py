"""The audit: what operators changed, and the way back from a purge."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from farutech_console.tui.audit.rows import (
    EntryRows,
    columns,
    detail_lines,
    empty_lines,
    title_line,
)
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.room import Desk, Room
from farutech_console.tui.common.spans import content, line, one_line
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.textview import TextView
from farutech_console.tui.common.undo import bring_back
from farutech_console.tui.keys import bindings
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from farutech_console.operations.audit_log import AuditEntry

READ_EVERY = timedelta(seconds=3)
"""From the end of one reading to the next, while the room is looked at."""

PAGE = 200
NEAR_END = 20


class AuditRoom(Room):
    """Key 5."""

    NAME = "audit"
    CSS_PATH = "audit.tcss"
    AUTO_FOCUS = "VirtualTable"
    BINDINGS = bindings("audit")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._entries: Sequence[AuditEntry] = ()
        self._more = False
        self._limit = PAGE
        self._failure = ""
        self._reading = False
        self._read_at: datetime | None = None
        self._opened: int | None = None

    def within(self) -> tuple[str, ...]:
        """Which change is open."""
        entry = self._entry() if self.has_class("-open") else None
        return (literal(f"{entry.action} {entry.id}", 24) if entry else "",)

    def body(self) -> ComposeResult:
        """The table on the left or alone; one change in full on the right or instead."""
        yield Static(id="title")
        yield Static(id="empty")
        with Horizontal(id="changes"):
            yield VirtualTable(id="table", gutter=False)
            with Vertical(id="detail"):
                yield TextView(id="change")

    @on(VirtualTable.Resized)
    def _redraw(self) -> None:
        if self._live is not None:
            self._draw(self._live)

    def show(self, live: Live) -> None:
        """Read again where it is time; let ages grow."""
        now = self.desk.clock.now()
        due = self._read_at is None or now - self._read_at >= READ_EVERY
        if live.link.connected and due and not self._reading:
            self._reading = True
            self._read()
        self._draw(live)

    @work(group="audit", exit_on_error=False)
    async def _read(self) -> None:
        try:
            page = await self.desk.backend.audit(self._limit)
        except expected() as error:
            self._failure = in_words(error)
        else:
            self._entries, self._more, self._failure = page.entries, page.more, ""
            self._read_at = self.desk.clock.now()
        finally:
            self._reading = False
        self._redraw()

    def _draw(self, live: Live) -> None:
        now, shown = self.desk.clock.now(), len(self._entries)
        self.set_class(not shown, "-empty")
        if not shown:
            lines = empty_lines(live, self._failure, asked=self._read_at is not None)
            self.query_one("#empty", Static).update(content(lines))
        title = title_line(shown, more=self._more, looked=self._read_at, now=now)
        self.query_one("#title", Static).update(one_line(title))
        table = self.query_one("#table", VirtualTable)
        width = table.size.width
        table.show(EntryRows(self._entries, now, width), columns(width))
        self._draw_detail()

    def _entry(self) -> AuditEntry | None:
        table = self.query_one("#table", VirtualTable)
        rows = table.rows
        return rows.entry(table.cursor) if isinstance(rows, EntryRows) else None

    def _draw_detail(self) -> None:
        entry, view = self._entry(), self.query_one("#change", TextView)
        if entry is None:
            view.show([], from_top=True)
            return
        title = literal(f"{entry.action} by {entry.by}", 60)
        self.query_one("#detail").border_title = one_line(line(title))
        lines = detail_lines(entry, self.desk.clock.now())
        view.show(lines, from_top=entry.sequence != self._opened)
        self._opened = entry.sequence

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        table = self.query_one("#table", VirtualTable)
        if self._more and table.in_view.stop >= len(self._entries) - NEAR_END:
            self._limit = len(self._entries) + PAGE
        self._draw_detail()

    @on(VirtualTable.Opened)
    def action_open(self) -> None:
        """Open the change under the cursor."""
        if self._entry() is not None:
            self.add_class("-open")
            self.query_one("#change", TextView).focus()

    def command(self, name: str, argument: str) -> None:
        """Undo the purge under the cursor, or the last one."""
        del name, argument
        self.action_undo()

    @work(exclusive=True, group="undo", exit_on_error=False)
    async def action_undo(self) -> None:
        """Bring the letters of a purge back, after a preview."""
        entry = self._entry()
        if entry is not None and entry.action != "purge":
            self.notify("Only a purge can be undone here.", severity="warning", markup=False)
            return
        if await bring_back(self, entry.id if entry else "last"):
            self._read_at = None
            self._redraw()

    def to_copy(self) -> str:
        """Return the command that does the same again, or the change's id."""
        entry = self._entry()
        return (entry.command or entry.id) if entry else ""

    def go_back(self) -> bool:
        """Close the change."""
        if not self.has_class("-open"):
            return False
        self.remove_class("-open")
        self.query_one("#table", VirtualTable).focus()
        return True
