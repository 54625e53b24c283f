"""Live task events: follow the newest, hold still to read, look for one, and read its story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from farutech_console.operations.units import count
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.field import Field
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.room import Desk, Room
from farutech_console.tui.common.spans import Line, Span, line, one_line
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.textview import TextView
from farutech_console.tui.common.words import Words
from farutech_console.tui.keys import bindings
from farutech_console.tui.tasks.matching import Matching, MatchingRows
from farutech_console.tui.tasks.rows import EventRows, columns, empty_lines, summary
from farutech_console.tui.tasks.story import story_lines, tenant_lines
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.model import TaskEvent

REPAINTS_S = 0.1
TENANT_TASKS = 100


class TasksRoom(Room):
    """Key 2. `following` keeps the newest event in view; moving the cursor up ends it."""

    NAME = "tasks"
    CSS_PATH = "tasks.tcss"
    AUTO_FOCUS = "VirtualTable"
    BINDINGS = bindings("tasks")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._following = True
        self._seen = -1
        self._held_at = 0
        self._since = desk.clock.now()
        self._matching: Matching | None = None
        self._told_of = ""

    def within(self) -> tuple[str, ...]:
        """What is looked for, and whose story is open."""
        matching = literal(self._matching.text, 40) if self._matching else ""
        return matching, self._told_of if self.has_class("-open") else ""

    def body(self) -> ComposeResult:
        """One line about the list, the list, and the story of one task beside it or instead."""
        yield Words(id="title")
        yield Words(id="empty")
        with Horizontal(id="events"):
            yield VirtualTable(gutter=False)
            with Vertical(id="detail"):
                yield TextView(id="story")
        yield Field(
            placeholder="a part of the task's id, its tenant, type or error; enter",
            compact=True,
            id="look-for",
        )

    def on_mount(self) -> None:
        """Repaint ten times a second at most, however many events come."""
        super().on_mount()
        self._repaints = self.set_interval(REPAINTS_S, self._repaint)

    def on_screen_suspend(self) -> None:
        """Nobody looks."""
        self._repaints.pause()

    def on_screen_resume(self) -> None:
        """Somebody looks again."""
        super().on_screen_resume()
        if self.is_mounted:
            self._seen = -1
            self._repaints.resume()

    @on(VirtualTable.Resized)
    def _resized(self) -> None:
        """Other columns may fit."""
        self._seen = -1

    # What is shown

    def show(self, live: Live) -> None:
        """Say why the list is empty, where it is."""
        self.set_class(self.desk.events.total == 0, "-empty")
        lines = empty_lines(live, self._since, self.desk.clock.now())
        self.query_one("#empty", Words).show(lines)
        self._title()

    def _repaint(self) -> None:
        log, matching = self.desk.events, self._matching
        more = matching is not None and matching.catch_up()
        if log.total == self._seen and not more:
            return
        self._seen = log.total
        self.set_class(log.total == 0, "-empty")
        table = self.query_one(VirtualTable)
        width = table.size.width
        rows: EventRows | MatchingRows = (
            matching.rows(width) if matching is not None else EventRows(log, width)
        )
        table.show(rows, columns(width), follow=self._following)
        self._title()

    def _title(self) -> None:
        spans = line(Span(" Tasks  ", "strong"), *self._mode(), Span(f"   {self._told()}", "muted"))
        self.query_one("#title", Words).show([spans])

    def _mode(self) -> Line:
        if self._following:
            return line(Span("▼ following", "ok"))
        new = self.desk.events.total - self._held_at
        return line(Span(f"‖ held, {count(new)} new: end follows", "warn"))

    def _told(self) -> str:
        log, matching = self.desk.events, self._matching
        if matching is None:
            return summary(self.desk.backend.feed_counts(), log.total - log.first, log.first)
        shown = len(self.query_one(VirtualTable).rows)
        behind = f", {count(matching.behind)} not looked at yet" if matching.behind else ""
        return f"{count(shown)} with «{literal(matching.text, 40)}»{behind}; esc shows all"

    @on(VirtualTable.Moved)
    def _moved(self, event: VirtualTable.Moved) -> None:
        self._follow(on=event.at_end)

    def _follow(self, *, on: bool) -> None:
        if on != self._following:
            self._following = on
            self._held_at = self.desk.events.total
            self._seen = -1
            self._repaint()

    def action_pause(self) -> None:
        """Hold still, or go on."""
        self._follow(on=not self._following)

    def action_follow(self) -> None:
        """Follow the newest event."""
        self._follow(on=True)

    # Looking for some

    def action_look_for(self) -> None:
        """Ask what to look for."""
        field = self.query_one("#look-for", Field)
        field.value = self._matching.text if self._matching else ""
        self.add_class("-looking")
        field.take_focus()

    @on(Input.Submitted, "#look-for")
    def _look_for(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        self._matching = Matching(self.desk.events, text) if text else None
        self._leave_field()

    def _leave_field(self) -> None:
        self.remove_class("-looking")
        self._seen = -1
        self._repaint()
        self.query_one(VirtualTable).focus()

    # One task

    def _event(self) -> TaskEvent | None:
        cursor = self.query_one(VirtualTable).cursor
        return None if cursor is None else self.desk.events.event(cursor)

    @on(VirtualTable.Opened)
    def action_open(self) -> None:
        """Read the story of the task under the cursor."""
        event = self._event()
        if event is None:
            return
        if not event.task_id:
            self.notify("The wire did not say which task that is.", severity="warning")
            return
        self._follow(on=False)
        self._open(f"Task {literal(event.task_id, 40)}")
        self._tell_story(event.task_id)

    def _open(self, title: str) -> None:
        self.add_class("-open")
        self._told_of = title
        detail = self.query_one("#detail")
        detail.border_title, detail.border_subtitle = one_line(line(title)), "esc back"
        view = self.query_one("#story", TextView)
        view.show([line(Span("◌ Reading events, queue, dead letters and ledger…", "muted"))])
        view.focus()

    @work(exclusive=True, group="story", exit_on_error=False)
    async def _tell_story(self, task_id: str) -> None:
        try:
            story = await self.desk.backend.story(task_id)
        except expected() as error:
            self._tell([line(Span(f"▲ {literal(in_words(error))}", "warn"))])
            return
        self._tell(story_lines(story, self.desk.clock.now()))

    @work(exclusive=True, group="story", exit_on_error=False)
    async def _tell_tenant(self, tenant: str) -> None:
        try:
            tasks = await self.desk.backend.tenant_tasks(tenant, TENANT_TASKS)
        except expected() as error:
            self._tell([line(Span(f"▲ {literal(in_words(error))}", "warn"))])
            return
        self._tell(tenant_lines(tenant, tasks, self.desk.clock.now()))

    def _tell(self, lines: list[Line]) -> None:
        self.query_one("#story", TextView).show(lines, from_top=True)

    def command(self, name: str, argument: str) -> None:
        """Read the story of a task, or list those of a tenant."""
        self._open(f"{name.capitalize()} {literal(argument, 40)}")
        if name == "tenant":
            self._tell_tenant(argument)
        else:
            self._tell_story(argument)

    def to_copy(self) -> str:
        """Return the id of the task under the cursor."""
        event = self._event()
        return event.task_id if event else ""

    def go_back(self) -> bool:
        """Close the field, the story, or what was looked for."""
        if self.has_class("-looking"):
            self._leave_field()
        elif self.has_class("-open"):
            self.remove_class("-open")
            self.workers.cancel_group(self, "story")
            self.query_one(VirtualTable).focus()
        elif self._matching is not None:
            self._matching = None
            self._leave_field()
        else:
            return False
        return True
