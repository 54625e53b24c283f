"""The causes beside the table, where there is room: how many letters died of what."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from farutech_console.language import tr
from farutech_console.operations.units import count
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.spans import Span, line, one_line
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.tablerows import Column, RankedRows
from farutech_console.tui.dlq.noting import NOTED, group_words
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from farutech_console.operations.causes.causes import Cause, CauseGroup
    from farutech_console.tui.common.room import Desk
    from farutech_console.tui.dlq.reader import Reader

MOST = 20_000
"""Letters, the newest, whose causes are counted beside the table; the dialog counts all."""

EVERY_S = 5.0
"""Seconds from one counting to the next, while letters come and go."""


class CausesBeside(Vertical):
    """Counts by itself while it is seen. Tells by `Chosen` whose letters are to be shown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "its letters", show=False)]

    class Chosen(Message):
        """The letters of this cause, as a filter."""

        def __init__(self, wanted: str) -> None:
            super().__init__()
            self.wanted = wanted

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="causes")
        self._desk = desk
        self._groups: Sequence[CauseGroup] = ()
        self._noted: Container[str] = ()
        self._reader: Reader | None = None
        self._state: object = None
        self._counted: tuple[str, object, object] | None = None
        self._next = 0.0
        self._counting = False

    def compose(self) -> ComposeResult:
        """The causes, most letters first."""
        yield VirtualTable(gutter=False)

    def follow(self, reader: Reader, state: object) -> None:
        """Count again where the letters or what is wanted of them changed, not too often."""
        self._reader, self._state = reader, state
        self._look()

    def on_resize(self) -> None:
        """Count where there was no room for it before."""
        self._look()

    def _look(self) -> None:
        reader = self._reader
        if reader is None or self._counting or not self.is_seen:
            return
        asked = (str(reader.wanted), self._state, reader.counted_by)
        if asked == self._counted:
            return
        now = self._desk.clock.monotonic()
        if self._counted is None or self._counted[0] != asked[0] or now >= self._next:
            self._counting = True
            self._count(reader, asked)

    def forget(self) -> None:
        """Count again at the next occasion."""
        self._counted = None

    @work(exclusive=True, group="beside", exit_on_error=False)
    async def _count(self, reader: Reader, asked: tuple[str, object, object]) -> None:
        try:
            found = await reader.causes(MOST)
            self._noted = await self._desk.backend.notes()
        except expected() as error:
            self.border_title = one_line(line(f"▲ {literal(in_words(error), 60)}"))
        else:
            self._groups = found.groups
            told = tr("Causes · {n}", n=count(len(found.groups)))
            if found.matched >= MOST:
                told = tr("Causes of the newest {n}", n=count(found.matched))
            elif asked[2] is None and found.scanned >= MOST:
                told = tr("Causes among the newest {n}", n=count(found.scanned))
            self.border_title = told
            self._counted = asked
            self._draw()
        finally:
            self._counting = False
            self._next = self._desk.clock.monotonic() + EVERY_S

    def _draw(self) -> None:
        columns = (Column("", 6, right=True), Column("", 4, right=True), Column(tr("cause")))
        rows = RankedRows(self._groups, self._cells)
        self.query_one(VirtualTable).show(rows, columns)

    def _cells(self, group: CauseGroup) -> tuple[Span, ...]:
        note = NOTED if group.cause.key in self._noted else ""
        return (
            Span(count(group.count), "strong"),
            Span(f"{group.share:.0%}", "muted"),
            Span(f"{note}{group_words(group)}", "bad"),
        )

    def cause(self) -> Cause | None:
        """Return the cause under the cursor."""
        cursor = self.query_one(VirtualTable).cursor
        return None if cursor is None else self._groups[cursor].cause

    @property
    def is_seen(self) -> bool:
        """Whether there is room for it."""
        return self.region.height > 0

    def focus_list(self) -> None:
        """Go to the list."""
        self.query_one(VirtualTable).focus()

    @on(VirtualTable.Moved)
    @on(VirtualTable.Resized)
    @on(VirtualTable.Headed)
    def _own(self, event: Message) -> None:
        """Keep what the room's own table would be told by."""
        event.stop()

    @on(VirtualTable.Opened)
    def _opened(self, event: Message) -> None:
        event.stop()
        self.action_choose()

    def action_choose(self) -> None:
        """Show the letters of the cause under the cursor."""
        cause = self.cause()
        if cause is not None and cause.key:
            self.post_message(self.Chosen(f"cause:{cause.key}"))
