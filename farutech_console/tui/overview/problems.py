"""The verdict as links: each problem leads to its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.message import Message

from farutech_console.tui.common.words import Words
from farutech_console.tui.keys import bindings
from farutech_console.tui.overview.verdict import verdict_lines

if TYPE_CHECKING:
    from farutech_console.operations.model import QueueStatus
    from farutech_console.operations.verdict import Problem


class Problems(Words, can_focus=True):
    """A line for each problem; the cursor stays on its problem while others come and go."""

    BINDINGS = bindings("overview")

    class Followed(Message):
        """The operator wants to see this problem's evidence."""

        def __init__(self, problem: Problem) -> None:
            super().__init__()
            self.problem = problem

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._found: tuple[Problem, ...] = ()
        self._status: QueueStatus | None = None
        self._chosen = 0

    def tell(self, status: QueueStatus, found: tuple[Problem, ...]) -> None:
        """Show these."""
        before = self._found[self._chosen] if self._chosen < len(self._found) else None
        places = [
            index
            for index, problem in enumerate(found)
            if before and (problem.kind, problem.room) == (before.kind, before.room)
        ]
        self._status, self._found = status, found
        self._chosen = places[0] if places else min(self._chosen, max(0, len(found) - 1))
        self._draw()

    def _draw(self) -> None:
        if self._status is not None:
            self.show(verdict_lines(self._status, self._found, self._chosen))

    def action_next_problem(self) -> None:
        """One down."""
        self._move(1)

    def action_previous_problem(self) -> None:
        """One up."""
        self._move(-1)

    def _move(self, by: int) -> None:
        if self._found:
            self._chosen = max(0, min(self._chosen + by, len(self._found) - 1))
            self._draw()

    def action_follow(self) -> None:
        """Go to the evidence of the chosen problem."""
        if self._chosen < len(self._found) and self._found[self._chosen].room:
            self.post_message(self.Followed(self._found[self._chosen]))

    def on_click(self, event: events.Click) -> None:
        """Choose a problem with the mouse, and follow it."""
        if 0 <= event.y < len(self._found):
            self._chosen = event.y
            self._draw()
            self.action_follow()
