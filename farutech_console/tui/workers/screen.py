"""The workers: who is there, what each has in hand, and whether tasks are delivered at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from farutech_console.language import msg
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.finding import FindingRoom
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.pausing import ask_pause
from farutech_console.tui.common.room import Desk
from farutech_console.tui.common.spans import line, one_line
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.textview import TextView
from farutech_console.tui.common.words import Words
from farutech_console.tui.keys import bindings
from farutech_console.tui.workers.detail import detail_lines
from farutech_console.tui.workers.rows import (
    LONGEST_STEP,
    WorkerRows,
    columns,
    empty_lines,
    is_old,
    short_name,
    texts_of,
    title_line,
    why_not_paused,
)

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.fleet.view import FleetView, WorkerView

LOOK_EVERY = timedelta(seconds=2)
"""From the end of one look at the fleet to the next, while the room is looked at."""


class WorkersRoom(FindingRoom):
    """Key 4."""

    NAME = "workers"
    CSS_PATH = "workers.tcss"
    AUTO_FOCUS = "VirtualTable"
    BINDINGS = bindings("workers")
    FIND_IN = msg("a part of a worker's name, host, version, state, type or task; enter")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._fleet: FleetView | None = None
        self._failure = ""
        self._keys: dict[str, int] = {}
        self._looking = False
        self._looked_at: datetime | None = None
        self._opened: str | None = None

    def within(self) -> tuple[str, ...]:
        """What is looked for, and which worker is open."""
        worker = self._worker() if self.has_class("-open") else None
        return (*super().within(), short_name(worker, LONGEST_STEP) if worker else "")

    def body(self) -> ComposeResult:
        """The table on the left or alone; one worker in full on the right or instead."""
        yield Words(id="title")
        yield Words(id="empty")
        with Horizontal(id="fleet"):
            yield VirtualTable(id="table", gutter=False)
            with Vertical(id="detail"):
                yield TextView(id="worker")
        yield self.find_field()

    @on(VirtualTable.Resized)
    def narrow(self) -> None:
        """Draw the workers that are looked for."""
        if self._live is not None:
            self._draw(self._live)

    def show(self, live: Live) -> None:
        """Look again where it is time; let ages grow."""
        now = self.desk.clock.now()
        due = self._looked_at is None or now - self._looked_at >= LOOK_EVERY
        if live.link.connected and due and not self._looking:
            self._looking = True
            self._look()
        self._draw(live)

    @work(group="fleet", exit_on_error=False)
    async def _look(self) -> None:
        try:
            self._fleet = await self.desk.backend.fleet()
        except expected() as error:
            self._failure = in_words(error)
        else:
            self._failure = ""
        finally:
            self._looking, self._looked_at = False, self.desk.clock.now()
        self.narrow()

    def _draw(self, live: Live) -> None:
        fleet, now = self._fleet, self.desk.clock.now()
        everybody = fleet.workers if fleet else ()
        workers = [worker for worker in everybody if self.holds(texts_of(worker))]
        self.set_class(not workers, "-empty")
        if everybody and not workers:
            self.query_one("#empty", Words).show(self.nothing_found())
        elif not workers:
            told = fleet is not None and fleet.clients_told
            asked = fleet is not None
            lines = empty_lines(live, self._failure, now, asked=asked, clients_told=told)
            self.query_one("#empty", Words).show(lines)
        if fleet is not None:
            found = self.found_line(len(workers))
            title = title_line(
                fleet, live, now, found, self._failure, read_only=self.desk.backend.read_only
            )
            self.query_one("#title", Words).show([title])
        old = fleet is not None and is_old(fleet, live, self._failure, now)
        self.set_class(old or not live.is_fresh(now), "-stale")
        table = self.query_one("#table", VirtualTable)
        width = table.size.width
        table.show(WorkerRows(workers, self._keys, now, width), columns(width))
        self._draw_detail(now)

    def _worker(self) -> WorkerView | None:
        table = self.query_one("#table", VirtualTable)
        rows = table.rows
        return rows.worker(table.cursor) if isinstance(rows, WorkerRows) else None

    def _draw_detail(self, now: datetime) -> None:
        worker = self._worker()
        view = self.query_one("#worker", TextView)
        if worker is None:
            view.show([], from_top=True)
            return
        self.query_one("#detail").border_title = one_line(line(short_name(worker)))
        view.show(detail_lines(worker, now), from_top=worker.key != self._opened)
        self._opened = worker.key

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self._draw_detail(self.desk.clock.now())

    @on(VirtualTable.Opened)
    def action_open(self) -> None:
        """Open the worker under the cursor."""
        if self.query_one("#table", VirtualTable).cursor is not None:
            self.add_class("-open")
            self.query_one("#worker", TextView).focus()

    def command(self, name: str, argument: str) -> None:
        """Pause, or resume."""
        del name, argument
        self.action_pause_consumer()

    def to_copy(self) -> str:
        """Return the worker's name."""
        worker = self._worker()
        return worker.name if worker else ""

    def go_back(self) -> bool:
        """Close the field or the worker, else show all."""
        if not self.has_class("-open") or self.has_class("-looking"):
            return super().go_back()
        self.remove_class("-open")
        self.query_one("#table", VirtualTable).focus()
        return True

    @work(exclusive=True, group="pause", exit_on_error=False)
    async def action_pause_consumer(self) -> None:
        """Hold the deliveries for a while, after a question; or let them go on."""
        consumer = self._live.status.consumer if self._live and self._live.status else None
        if consumer is None:
            told = why_not_paused(self._live or Live(self.desk.backend.link()))
            self.notify(told, severity="warning", markup=False)
            return
        await ask_pause(self, consumer)
