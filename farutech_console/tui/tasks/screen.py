"""Live task events: follow the newest, hold still to read, look for some, and read their story."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from farutech_console.language import tr
from farutech_console.operations.units import clock_time
from farutech_console.operations.watch.verdict import STUCK
from farutech_console.tui.common.field import Field
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.room import Desk, Room
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.words import Words
from farutech_console.tui.keys import bindings
from farutech_console.tui.tasks.foundlist import FoundTasks
from farutech_console.tui.tasks.heading import mode, told_of_matching
from farutech_console.tui.tasks.matching import Matching, MatchingRows
from farutech_console.tui.tasks.rows import EventRows, columns, empty_lines, summary
from farutech_console.tui.tasks.storypane import StoryPane
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.model import TaskEvent
    from farutech_console.operations.watch.trend import Hearing

REPAINTS_S = 0.1
CONNECTING = timedelta(seconds=5)
"""From the start of the console; who connects later than that has missed events."""


class TasksRoom(Room):
    """Key 2. `following` keeps the newest event in view; moving the cursor up ends it.

    In place of the events there may be a list of tasks that were found (`-listing`), and beside
    either or instead the story of one task (`-open`).
    """

    NAME = "tasks"
    CSS_PATH = "tasks.tcss"
    AUTO_FOCUS = "#live"
    BINDINGS = bindings("tasks")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._following = True
        self._seen = -1
        self._held_at = 0
        self._since = desk.clock.now()
        self._matching: Matching | None = None

    def body(self) -> ComposeResult:
        """One line about the events, the events or found tasks, and the story of one task."""
        yield Words(id="title")
        yield Words(id="empty")
        with Horizontal(id="events"):
            yield VirtualTable(gutter=False, id="live")
            yield FoundTasks(self.desk)
            yield StoryPane(self.desk)
        yield Field(
            placeholder=tr("a part of the task's id, its tenant, type or error; enter"),
            compact=True,
            id="look-for",
        )

    def within(self) -> tuple[str, ...]:
        """What is looked for or listed, and whose story is open."""
        looked_for = literal(self._matching.text, 40) if self._matching else ""
        listed = self.found.title if self.has_class("-listing") else ""
        return looked_for, listed, self.story.title if self.has_class("-open") else ""

    @property
    def live_table(self) -> VirtualTable:
        """The events."""
        return self.query_one("#live", VirtualTable)

    @property
    def found(self) -> FoundTasks:
        """The list of tasks that were found."""
        return self.query_one(FoundTasks)

    @property
    def story(self) -> StoryPane:
        """The story of one task."""
        return self.query_one(StoryPane)

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
        now = self.desk.clock.now()
        self.set_class(not live.is_fresh(now), "-stale")
        self.set_class(self.desk.events.total == 0, "-empty")
        lines = empty_lines(live, self._hearing(), self._heard_since(), now, self.desk.doctor)
        self.query_one("#empty", Words).show(lines)
        self._title()

    def _heard_since(self) -> datetime:
        """Return from when on events were heard without a gap."""
        link = self.desk.backend.link()
        return max(self._since, link.since) if link.connected else self._since

    def _hearing(self) -> Hearing:
        return self.desk.trend.hearing(self.desk.backend.link().deaf)

    def _repaint(self) -> None:
        self.found.follow(self._live)
        self.story.follow()
        log, matching = self.desk.events, self._matching
        more = matching is not None and matching.catch_up()
        if log.total == self._seen and not more:
            return
        self._seen = log.total
        self.set_class(log.total == 0, "-empty")
        table = self.live_table
        width = table.size.width
        rows: EventRows | MatchingRows = (
            matching.rows(width) if matching is not None else EventRows(log, width)
        )
        table.show(rows, columns(width), follow=self._following)
        self._title()

    def _title(self) -> None:
        title = Span(f" {tr('Tasks')}  ", "strong")
        told = Span(f"   {self._told()}", "muted")
        self.query_one("#title", Words).show([line(title, *self._mode(), told)])

    def _mode(self) -> Line:
        new = None if self._following else self.desk.events.total - self._held_at
        return mode(self.desk.backend.link(), self._hearing(), new)

    def _told(self) -> str:
        log, matching = self.desk.events, self._matching
        if matching is None:
            kept, counts = log.total - log.first, self.desk.backend.feed_counts()
            told = summary(counts, kept, log.first, self._hearing())
            since = self._heard_since()
            gap = log.total > 0 and since - self._since > CONNECTING
            again = tr("not heard before {time} · ", time=clock_time(since)) if gap else ""
            return again + told
        return told_of_matching(matching, len(self.live_table.rows))

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
        """Hold still, or go on, where the events are what is looked at."""
        if not self.has_class("-listing"):
            self._follow(on=not self._following)

    def action_follow(self) -> None:
        """Follow the newest event."""
        self._follow(on=True)

    # Looking for some

    def action_look_for(self) -> None:
        """Ask what to look for among the events."""
        self._close_story()
        self._close_list()
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
        self.live_table.focus()

    # Tasks that were found

    def action_stuck(self) -> None:
        """List the tasks whose deliveries are spent."""
        self._close_story()
        self.add_class("-listing")
        self.found.open("stuck")

    def action_tenant(self) -> None:
        """List the tasks of the tenant under the cursor."""
        tenant = self._tenant()
        if not tenant:
            self.notify(tr("There is no tenant under the cursor."), severity="warning")
            return
        self._list_tenant(tenant)

    def _list_tenant(self, tenant: str) -> None:
        self._close_story()
        self.add_class("-listing")
        self.found.open("tenant", tenant)

    def _tenant(self) -> str:
        if self.has_class("-open"):
            return self.story.story.tenant_id if self.story.story else ""
        if self.has_class("-listing"):
            return self.found.tenant_id()
        event = self._event()
        return event.tenant_id if event else ""

    def look_at(self, evidence: str) -> None:
        """List what a problem is about."""
        if evidence == STUCK:
            self.action_stuck()

    def _close_list(self) -> None:
        self.remove_class("-listing")
        self.found.end()

    # One task

    def _event(self) -> TaskEvent | None:
        cursor = self.live_table.cursor
        return None if cursor is None else self.desk.events.event(cursor)

    def _task_id(self) -> str | None:
        """Return the task that is open or under the cursor; empty for none that is known."""
        if self.has_class("-open"):
            return self.story.task_id
        if self.has_class("-listing"):
            return self.found.task_id()
        event = self._event()
        return event.task_id if event else None

    @on(VirtualTable.Opened)
    @on(FoundTasks.Opened)
    def action_open(self) -> None:
        """Read the story of the task under the cursor."""
        if self.has_class("-open") and self.story.has_focus_within:
            return
        listing = self.has_class("-listing")
        event = self._event()
        task_id = self.found.task_id() if listing else (event.task_id if event else None)
        if task_id is None:
            return
        if not task_id:
            untold = tr("The wire did not say which task that is.")
            told = tr("That message is no task.") if listing else untold
            self.notify(told, severity="warning")
            return
        if not listing:
            self._follow(on=False)
        self._open(task_id)

    def _open(self, task_id: str) -> None:
        self.add_class("-open")
        self.story.open(task_id)

    def _close_story(self) -> None:
        self.remove_class("-open")
        self.story.end()

    def command(self, name: str, argument: str) -> None:
        """Read the story of a task, or list those of a tenant, or the stuck ones."""
        if name == "stuck":
            self.action_stuck()
        elif name == "tenant":
            self._list_tenant(argument)
        else:
            self._open(argument)

    def to_copy(self) -> str:
        """Return the id of the task that is open or under the cursor."""
        return self._task_id() or ""

    def go_back(self) -> bool:
        """Close the field, the story, the list, or what was looked for."""
        if self.has_class("-looking"):
            self._leave_field()
        elif self.has_class("-open"):
            self._close_story()
            (self.found.table if self.has_class("-listing") else self.live_table).focus()
        elif self.has_class("-listing"):
            self._close_list()
            self.live_table.focus()
        elif self._matching is not None:
            self._matching = None
            self._leave_field()
        else:
            return False
        return True
