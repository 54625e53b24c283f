"""The dead letters by cause: what most of them died of, and since when."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from farutech_console.language import tr
from farutech_console.operations.letters.selection import Selection
from farutech_console.operations.units import age, count, plural, short_duration
from farutech_console.tui.common.dialog import Modal
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.frame import Frame
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.tablerows import Column, RankedRows
from farutech_console.tui.common.words import Words
from farutech_console.tui.dlq.noting import cause_words, write_note
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.causes.causes import CauseGroup
    from farutech_console.operations.filter.model import Filter
    from farutech_console.operations.letters.selection import ScanProgress
    from farutech_console.tui.common.room import Desk


NAMED = 4
"""Tenants that are named; the others are counted."""


def _columns() -> tuple[Column, ...]:
    return (
        Column(tr("letters"), 8, right=True),
        Column(tr("share"), 5, right=True),
        Column(tr("first"), 7, right=True),
        Column(tr("last"), 6, right=True),
        Column(tr("tenants"), 7, right=True),
        Column(tr("cause")),
    )


def cells(group: CauseGroup, now: datetime) -> tuple[Span, ...]:
    """Return what the columns show of a cause."""
    return (
        Span(count(group.count), "strong"),
        Span(f"{group.share:.0%}"),
        Span(short_duration(age(group.first_seen, now)), "muted"),
        Span(short_duration(age(group.last_seen, now))),
        Span(f"{count(len(group.tenants))}{_more(group)}"),
        Span(cause_words(group.cause), "bad"),
    )


def detail_of(group: CauseGroup) -> list[Line]:
    """Return what the table has no room for: all of the error, its address and whom it hits."""
    kind, text = literal(group.cause.error_type, 80), cause_words(group.cause)
    named = f"{kind}: {text}" if kind and group.cause.text else text
    lines = [line(Span(named, "bad"))]
    if group.address:
        mostly = tr("mostly at {address}", address=literal(group.address, 80))
        lines.append(line(Span(mostly, "strong")))
    whom = ", ".join(
        f"{literal(tenant, 24) or tr('no tenant')} {count(letters)}"
        for tenant, letters in islice(group.tenants.items(), NAMED)
    )
    more = len(group.tenants) - NAMED
    if more > 0:
        whom = tr("{known} and {n} more", known=whom, n=f"{count(more)}{_more(group)}")
    return [*lines, line(Span(f"{tr('tenants')} ", "muted"), whom)]


def _more(group: CauseGroup) -> str:
    return "+" if group.more_tenants else ""


class Causes(Modal["str | None"]):
    """Counts the letters that a filter finds by cause; returns the filter of the chosen one."""

    AUTO_FOCUS = "VirtualTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,c", "cancel", "back", show=False),
        Binding("enter", "choose", "its letters", show=False),
        Binding("n", "note", "a note on it", show=False),
    ]
    DEFAULT_CSS = """
    Causes { align: center middle; background: $background 60%; }
    Causes > Vertical {
        width: 120; max-width: 100%; height: 80%; border: round $tone-accent; background: $surface;
        padding: 0 1;
    }
    Causes #told { height: 1; }
    Causes #one { height: auto; max-height: 6; }
    """

    def __init__(self, desk: Desk, wanted: Filter) -> None:
        super().__init__()
        self._desk, self._backend, self._clock = desk, desk.backend, desk.clock
        self._wanted = wanted
        self._groups: tuple[CauseGroup, ...] = ()
        self._progress: ScanProgress | None = None

    def compose(self) -> ComposeResult:
        """How far the counting is, and the causes."""
        with Frame(tr("Causes")) as box:
            box.border_subtitle = tr("enter its letters · esc back")
            yield Words(id="told")
            yield VirtualTable(gutter=False)
            yield Words(id="one")

    def on_mount(self) -> None:
        """Count, and show how far it is meanwhile."""
        self._showing = self.set_interval(0.2, self._show_progress)
        self._count()

    def _note(self, progress: ScanProgress) -> None:
        self._progress = progress

    def _show_progress(self) -> None:
        if self._progress is not None:
            done, depth = count(self._progress.scanned), count(self._progress.depth)
            self._tell("◌ " + tr("{done} of {depth} read…", done=done, depth=depth))

    def _tell(self, text: str) -> None:
        self.query_one("#told", Words).show([line(Span(text, "muted"))])

    @work(exclusive=True, group="causes", exit_on_error=False)
    async def _count(self) -> None:
        self._tell("◌ " + tr("reading…"))
        try:
            found = await self._backend.groups(Selection(filter=self._wanted), self._note)
        except expected() as error:
            self._tell(f"▲ {literal(in_words(error))}")
            return
        finally:
            self._showing.stop()
        self._groups = found.groups
        asked = literal(str(self._wanted), 60) if self._wanted else ""
        letters = plural(found.matched, "letter")
        found_by = tr("{n} with {filter}", n=letters, filter=asked)
        causes = plural(len(found.groups), "cause")
        self._tell(f"{found_by if asked else letters} · {causes}")
        table = self.query_one(VirtualTable)
        rows = RankedRows(self._groups, partial(cells, now=self._clock.now()))
        table.show(rows, _columns())
        self._moved()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        """Show the cause under the cursor in full: the table has room for its beginning."""
        cursor = self.query_one(VirtualTable).cursor
        detail = [] if cursor is None else detail_of(self._groups[cursor])
        self.query_one("#one", Words).show(detail)

    def action_choose(self) -> None:
        """Show the letters of the cause under the cursor."""
        cursor = self.query_one(VirtualTable).cursor
        if cursor is None or not self._groups[cursor].cause.key:
            return
        self.dismiss(f"cause:{self._groups[cursor].cause.key}")

    @work(exclusive=True, group="note", exit_on_error=False)
    async def action_note(self) -> None:
        """Write the note on the cause under the cursor."""
        cursor = self.query_one(VirtualTable).cursor
        if cursor is not None and not self._backend.read_only:
            await write_note(self.app, self._desk, self._groups[cursor].cause)

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)
