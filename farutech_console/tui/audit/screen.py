"""The audit: what operators changed, and the way back where there is one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from farutech_console.language import msg, tr
from farutech_console.operations.units import age, duration
from farutech_console.tui.audit.detail import detail_lines
from farutech_console.tui.audit.rows import (
    EntryRows,
    columns,
    empty_lines,
    texts_of,
    title_line,
)
from farutech_console.tui.audit.takeback import take_back
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.finding import FindingRoom
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.looked import looked
from farutech_console.tui.common.room import Desk
from farutech_console.tui.common.spans import Span, line, one_line
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.textview import TextView
from farutech_console.tui.common.undo import bring_back
from farutech_console.tui.common.words import Words
from farutech_console.tui.keys import bindings
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from farutech_console.operations.audit.log import AuditEntry

READ_EVERY = timedelta(seconds=3)
"""From the end of one reading to the next, while the room is looked at."""

OLD = timedelta(seconds=10)
"""From when on what was read is marked as old: several readings brought nothing."""

PAGE = 200
NEAR_END = 20
ENOUGH = 50
"""Changes that are looked for of which no more are read until somebody scrolls."""

LONGEST = 5_000
"""Changes that are looked through at most."""


class AuditRoom(FindingRoom):
    """Key 5."""

    NAME = "audit"
    CSS_PATH = "audit.tcss"
    AUTO_FOCUS = "VirtualTable"
    BINDINGS = bindings("audit")
    FIND_IN = msg("a part of who, what, about, why, command, id or seq; enter")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._entries: Sequence[AuditEntry] = ()
        self._more = False
        self._limit = PAGE
        self._failure = ""
        self._reading = False
        self._read_at: datetime | None = None
        self._shown_of: datetime | None = None
        self._opened: int | None = None

    def within(self) -> tuple[str, ...]:
        """What is looked for, and which change is open."""
        entry = self._entry() if self.has_class("-open") else None
        return (*super().within(), literal(f"{entry.action} {entry.id[:8]}", 24) if entry else "")

    def body(self) -> ComposeResult:
        """The table on the left or alone; one change in full on the right or instead."""
        yield Words(id="title")
        yield Words(id="empty")
        with Horizontal(id="changes"):
            yield VirtualTable(id="table", gutter=False)
            with Vertical(id="detail"):
                yield TextView(id="change")
        yield self.find_field()

    @on(VirtualTable.Resized)
    def narrow(self) -> None:
        """Draw the changes that are looked for."""
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
            self._read_at = self._shown_of = self.desk.clock.now()
        finally:
            self._reading = False
        self.narrow()

    def _draw(self, live: Live) -> None:
        now = self.desk.clock.now()
        entries = [entry for entry in self._entries if self.holds(texts_of(entry, now))]
        self._look_further(len(entries))
        self.set_class(not entries, "-empty")
        if self._entries and not entries:
            self.query_one("#empty", Words).show(self.nothing_found())
        elif not entries:
            lines = empty_lines(live, self._failure, now, asked=self._shown_of is not None)
            self.query_one("#empty", Words).show(lines)
        old = self._is_old(live, now)
        self.set_class(old, "-stale")
        when = self._when(now, old=old)
        title = title_line(len(self._entries), self.found_line(len(entries)), when, more=self._more)
        self.query_one("#title", Words).show([title])
        table = self.query_one("#table", VirtualTable)
        width = table.size.width
        table.show(EntryRows(entries, now, width), columns(width))
        self._draw_detail()

    def _is_old(self, live: Live, now: datetime) -> bool:
        """Return whether newer changes should be known than those that are shown."""
        if self._failure or not live.link.connected:
            return True
        return self._shown_of is not None and now - self._shown_of > OLD

    def _when(self, now: datetime, *, old: bool) -> Span | None:
        if self._shown_of is None:
            return None
        told = tr("read {age} ago", age=duration(age(self._shown_of, now)))
        return looked(told, self._failure, stale=old)

    def _look_further(self, found: int) -> None:
        """Read more of the audit at the next reading where what is looked for is rare."""
        if self.looked_for and self._more and found < ENOUGH and not self._reading:
            self._limit = min(LONGEST, max(self._limit, 2 * len(self._entries)))

    def _entry(self) -> AuditEntry | None:
        table = self.query_one("#table", VirtualTable)
        rows = table.rows
        return rows.entry(table.cursor) if isinstance(rows, EntryRows) else None

    def _draw_detail(self) -> None:
        entry, view = self._entry(), self.query_one("#change", TextView)
        if entry is None:
            view.show([], from_top=True)
            return
        title = tr("{what} by {who}", what=entry.action, who=entry.by)
        self.query_one("#detail").border_title = one_line(line(literal(title, 60)))
        lines = detail_lines(entry, self.desk.clock.now())
        view.show(lines, from_top=entry.sequence != self._opened)
        self._opened = entry.sequence

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        table = self.query_one("#table", VirtualTable)
        if self._more and table.in_view.stop >= len(table.rows) - NEAR_END:
            self._limit = len(self._entries) + PAGE
        self._draw_detail()

    @on(VirtualTable.Opened)
    def action_open(self) -> None:
        """Open the change under the cursor."""
        if self._entry() is not None:
            self.add_class("-open")
            self.query_one("#change", TextView).focus()

    def command(self, name: str, argument: str) -> None:
        """Take back the change under the cursor, or the last purge."""
        del name, argument
        self.action_undo()

    @work(exclusive=True, group="undo", exit_on_error=False)
    async def action_undo(self) -> None:
        """Take the change under the cursor back, after a preview; the last purge without one."""
        entry = self._entry()
        if entry is None and self.looked_for:
            # Not the last purge: it is not what was looked for.
            told = tr("Nothing here has «{wanted}» in it.", wanted=literal(self.looked_for, 60))
            self.notify(told, severity="warning", markup=False)
            return
        status = self._live.status if self._live else None
        changed = await (take_back(self, entry, status) if entry is not None else bring_back(self))
        if changed:
            self._read_at = None
            self.narrow()

    def to_copy(self) -> str:
        """Return the command that does the same again, or the change's id."""
        entry = self._entry()
        return (entry.command or entry.id) if entry else ""

    def go_back(self) -> bool:
        """Close the field or the change, else show all."""
        if not self.has_class("-open") or self.has_class("-looking"):
            return super().go_back()
        self.remove_class("-open")
        self.query_one("#table", VirtualTable).focus()
        return True
