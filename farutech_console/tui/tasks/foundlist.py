"""The list of tasks that were found: the stuck ones, or those of a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.message import Message

from farutech_console.language import tr
from farutech_console.operations.units import count
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.words import Words
from farutech_console.tui.tasks.found import (
    RECOVER,
    Found,
    FoundKind,
    FoundRows,
    FoundTask,
    columns,
    of_stuck,
    of_tenant,
)
from farutech_console.tui.tasks.reading import Reading
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.tui.common.live import Live
    from farutech_console.tui.common.room import Desk

MOST = 100
"""Tasks of a tenant, and tasks that may be stuck."""


class FoundTasks(Reading):
    """Reads again by itself, and at once where the number of stuck tasks has changed."""

    class Opened(Message):
        """A row was double-clicked."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="found")
        self.kind: FoundKind = "stuck"
        self.tenant = ""
        self._found: Found | None = None
        self._numbers: dict[str | int, int] = {}
        self._stuck: int | None = None
        self._drawn: object = None
        self._live: Live | None = None

    def compose(self) -> ComposeResult:
        """How they were found, and the tasks."""
        yield Words(id="found-told")
        yield VirtualTable(gutter=False)

    @property
    def title(self) -> str:
        """What is listed."""
        if self.kind == "stuck":
            return tr("Stuck tasks")
        return tr("Tasks of {tenant}", tenant=literal(self.tenant, 40))

    def open(self, kind: FoundKind, tenant: str = "") -> None:
        """List these from now on."""
        if not self.is_open or (kind, tenant) != (self.kind, self.tenant):
            self.kind, self.tenant, self._found = kind, tenant, None
            self._numbers.clear()
            self._stuck = _stuck(self._live)
            self.begin()
        self._drawn = None
        self.redraw()
        self.table.focus()

    @property
    def table(self) -> VirtualTable:
        """The rows."""
        return self.query_one(VirtualTable)

    async def read(self) -> None:
        """Look for them."""
        backend = self.desk.backend
        if self.kind == "stuck":
            self._found = of_stuck(await backend.stuck(MOST), self.desk.from_here(RECOVER))
        else:
            tasks = await backend.tenant_tasks(self.tenant, MOST)
            self._found = of_tenant(self.tenant, tasks, MOST)

    def follow(self, live: Live | None) -> None:
        """Look again where it is time."""
        self._live = live
        if _stuck(live) != self._stuck and self.kind == "stuck":
            self._stuck = _stuck(live)
            self.changed()
        self.look()

    def _under_cursor(self) -> FoundTask | None:
        cursor, rows = self.table.cursor, self.table.rows
        if cursor is None or self._found is None or not len(rows):
            return None
        return self._found.tasks[rows.index_of(cursor)]

    def task_id(self) -> str | None:
        """Return the task under the cursor, empty for what is no task, None for no row."""
        task = self._under_cursor()
        return task.task_id if task else None

    def tenant_id(self) -> str:
        """Return the tenant of the task under the cursor, empty for none."""
        task = self._under_cursor()
        return task.tenant_id if task else ""

    def redraw(self) -> None:
        """Draw what was found, its age included."""
        if not self.is_open:
            return
        now, width = self.desk.clock.now(), self.table.size.width
        state = (self._found, self.as_of(), int(now.timestamp()), width)
        if state == self._drawn:
            return
        self._drawn = state
        tasks = self._found.tasks if self._found else ()
        numbers = [self._numbers.setdefault(task.key, len(self._numbers)) for task in tasks]
        rows = FoundRows(tasks, numbers, now)
        self.table.show(rows, columns(self.kind, width) if tasks else ())
        self.query_one("#found-told", Words).show(self._told())

    def _told(self) -> list[Line]:
        counted = self._found if self.kind == "tenant" else None
        many = f"  {count(len(counted.tasks))}" if counted else ""
        state = self.as_of()
        title = line(
            Span(f"{self.title}{many}  ", "strong"),
            Span(state, "warn" if state.startswith("▲") else "muted"),
            Span(f" · {tr('esc back')}", "muted"),
        )
        return [title, *(self._found.told if self._found else ())]

    @on(VirtualTable.Moved)
    @on(VirtualTable.Resized)
    def _own(self, event: Message) -> None:
        """Keep what the table of events would be told by."""
        event.stop()
        self.redraw()

    @on(VirtualTable.Opened)
    def _opened(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Opened())


def _stuck(live: Live | None) -> int | None:
    return live.status.stuck if live is not None and live.status is not None else None
