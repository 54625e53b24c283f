"""The dead letters by cause: what most of them died of, and since when."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from farutech_console.language import tr
from farutech_console.operations.letters.how_far import HowFar
from farutech_console.operations.letters.selection import Selection
from farutech_console.operations.units import age, count, plural, short_duration
from farutech_console.tui.common.copying import copy
from farutech_console.tui.common.dialog import Modal
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.frame import Frame
from farutech_console.tui.common.howfar import reading_lines
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.tablerows import Column, RankedRows
from farutech_console.tui.common.words import Words
from farutech_console.tui.dlq.noting import NOTED, cause_words, note_head, note_text, write_note
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from farutech_console.operations.audit.notes import Note
    from farutech_console.operations.causes.causes import CauseGroup
    from farutech_console.operations.filter.model import Filter
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


def cells(group: CauseGroup, now: datetime, *, noted: bool) -> tuple[Span, ...]:
    """Return what the columns show of a cause; one with a note is marked."""
    return (
        Span(count(group.count), "strong"),
        Span(f"{group.share:.0%}"),
        Span(short_duration(age(group.first_seen, now)), "muted"),
        Span(short_duration(age(group.last_seen, now))),
        Span(f"{count(len(group.tenants))}{_more(group)}"),
        Span(f"{NOTED if noted else ''}{cause_words(group.cause)}", "bad"),
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


def note_lines(note: Note | None, now: datetime) -> list[Line]:
    """Return the note on a cause, and who wrote it when."""
    if note is None:
        return []
    head = [line(Span(NOTED, "accent"), *one) for one in note_head(note, now)]
    return [*head, *(line(Span(text)) for text in note_text(note).split("\n"))]


def _more(group: CauseGroup) -> str:
    return "+" if group.more_tenants else ""


class Causes(Modal["str | None"]):
    """Counts the letters that a filter finds by cause; returns the filter of the chosen one."""

    AUTO_FOCUS = "VirtualTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,c", "cancel", "back", show=False),
        Binding("enter", "choose", "its letters", show=False),
        Binding("n", "note", "a note on it", show=False),
        Binding("y", "copy", "copy its text", show=False),
    ]
    DEFAULT_CSS = """
    Causes { align: center middle; background: $background 60%; }
    Causes > Vertical {
        width: 120; max-width: 100%; height: 80%; border: round $tone-accent; background: $surface;
        padding: 0 1;
    }
    Causes #told { height: 1; }
    Causes #one { height: auto; max-height: 9; }
    """

    def __init__(self, desk: Desk, wanted: Filter) -> None:
        super().__init__()
        self._desk, self._backend, self._clock = desk, desk.backend, desk.clock
        self._wanted = wanted
        self._groups: tuple[CauseGroup, ...] = ()
        self._notes: Mapping[str, Note] = {}
        self._far = HowFar(desk.clock)

    def compose(self) -> ComposeResult:
        """How far the counting is, and the causes."""
        with Frame(tr("Causes")) as box:
            box.border_subtitle = self._keys()
            yield Words(id="told")
            yield VirtualTable(gutter=False)
            yield Words(id="one")

    def _keys(self) -> str:
        if self._backend.read_only:
            return tr("enter its letters · y copies · esc back")
        return tr("enter its letters · n note · y copies · esc back")

    def on_mount(self) -> None:
        """Count, and show how far it is meanwhile."""
        self._showing = self.set_interval(0.2, self._show_progress)
        self._count()

    def _show_progress(self) -> None:
        if lines := reading_lines(self._far):
            self.query_one("#told", Words).show(lines[:1])

    def _tell(self, text: str) -> None:
        self.query_one("#told", Words).show([line(Span(text, "muted"))])

    @work(exclusive=True, group="causes", exit_on_error=False)
    async def _count(self) -> None:
        self._tell("◌ " + tr("reading…"))
        try:
            found = await self._backend.groups(Selection(filter=self._wanted), self._far.tell)
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
        told = f"{found_by if asked else letters} · {causes}"
        self._tell(told)
        self._draw()
        try:
            self._notes = await self._backend.notes()
        except expected() as error:
            self._tell(f"{told} · ▲ {literal(in_words(error))}")
        self._draw()

    def _draw(self) -> None:
        rows = RankedRows(self._groups, self._cells)
        self.query_one(VirtualTable).show(rows, _columns())
        self._moved()

    def _cells(self, group: CauseGroup) -> tuple[Span, ...]:
        return cells(group, self._clock.now(), noted=group.cause.key in self._notes)

    def _chosen(self) -> CauseGroup | None:
        cursor = self.query_one(VirtualTable).cursor
        return None if cursor is None else self._groups[cursor]

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        """Show the cause under the cursor in full: the table has room for its beginning."""
        group, detail = self._chosen(), []
        if group is not None:
            note = self._notes.get(group.cause.key)
            detail = [*detail_of(group), *note_lines(note, self._clock.now())]
        self.query_one("#one", Words).show(detail)

    def action_choose(self) -> None:
        """Show the letters of the cause under the cursor."""
        group = self._chosen()
        if group is not None and group.cause.key:
            self.dismiss(f"cause:{group.cause.key}")

    @work(exclusive=True, group="note", exit_on_error=False)
    async def action_note(self) -> None:
        """Write the note on the cause under the cursor."""
        group = self._chosen()
        if group is None or self._backend.read_only:
            return
        if await write_note(self.app, self._desk, group.cause):
            self._notes = await self._backend.notes()
            self._draw()

    def action_copy(self) -> None:
        """Copy the cause under the cursor, as it is shown."""
        group = self._chosen()
        copy(self, cause_words(group.cause) if group is not None else "")

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)
