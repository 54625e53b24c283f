"""The story of one task, which goes on while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from farutech_console.language import tr
from farutech_console.tui.common.spans import Span, line, one_line
from farutech_console.tui.common.textview import TextView
from farutech_console.tui.tasks.matching import OfTask
from farutech_console.tui.tasks.reading import Reading
from farutech_console.tui.tasks.story import step_lines, where_lines
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.story.view import TaskStory
    from farutech_console.tui.common.room import Desk


class StoryPane(Reading):
    """What was read of a task, and what is overheard of it since.

    Where it is stays in view; beneath it are its steps, of which the last stays in view where it
    was in view.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="detail")
        self.task_id = ""
        self.story: TaskStory | None = None
        self._of_task: OfTask | None = None
        self._drawn: object = None
        self._told = False

    def compose(self) -> ComposeResult:
        """Where it is, and the steps, which scroll."""
        yield TextView(id="where")
        yield TextView(id="story")

    @property
    def title(self) -> str:
        """Which task it is."""
        return tr("Task {id}", id=literal(self.task_id, 40))

    def open(self, task_id: str) -> None:
        """Read the story of this task and follow it."""
        self.task_id, self.story, self._of_task, self._told = task_id, None, None, False
        self.border_title = one_line(line(self.title))
        where, view = self._views()
        where.show([])
        told = tr("◌ Reading events, queue, dead letters and ledger…")
        view.show([line(Span(told, "muted"))], from_top=True)
        view.focus()
        self.begin()

    def _views(self) -> tuple[TextView, TextView]:
        return self.query_one("#where", TextView), self.query_one("#story", TextView)

    async def read(self) -> None:
        """Read it through."""
        story = await self.desk.backend.story(self.task_id)
        if self._of_task is None or self.story is None:
            self._of_task = OfTask(self.desk.events, story)
        self.story = self._of_task.story = story

    def follow(self) -> None:
        """Take what was heard since; called often."""
        if not self.is_open:
            return
        if self._of_task is not None and self._of_task.catch_up():
            self.changed()
            self._drawn = None
        self.look()

    def redraw(self) -> None:
        """Draw it, where something came or a second passed."""
        foot = f"{self.as_of()} · {tr('esc back')}"
        now = self.desk.clock.now()
        state = (foot, int(now.timestamp()), self.story)
        if state == self._drawn:
            return
        self._drawn = state
        self.border_subtitle = one_line(line(foot))
        where, view = self._views()
        if self.story is None:
            if self.failure:
                view.show([line(Span(f"▲ {literal(self.failure)}", "warn"))])
            return
        at_end = self._told and view.max_scroll_y == view.scroll_offset.y
        self._told = True
        heard = tuple(self._of_task.heard) if self._of_task else ()
        where.show(where_lines(self.story, now, heard, self.read_at))
        view.show(step_lines(self.story, now, heard))
        if at_end:
            view.scroll_end(animate=False)
