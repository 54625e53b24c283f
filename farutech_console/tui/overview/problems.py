"""The verdict as links: each problem leads to its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message

from farutech_console.tui.common.words import Words
from farutech_console.tui.keys import bindings
from farutech_console.tui.overview.verdict import VerdictLine, verdict_lines

if TYPE_CHECKING:
    from farutech_console.operations.model import QueueStatus
    from farutech_console.operations.watch.problem import Problem


@dataclass(frozen=True, slots=True)
class _Told:
    """What is to be told, and in how many lines; `old` as `verdict_lines` has it."""

    status: QueueStatus
    found: tuple[Problem, ...]
    most: int
    old: float | None


class Problems(Words, can_focus=True):
    """The verdict's lines; the cursor stays on its problem while others come and go."""

    BINDINGS = bindings("overview")

    class Followed(Message):
        """The operator wants to see this problem's evidence."""

        def __init__(self, problem: Problem) -> None:
            super().__init__()
            self.problem = problem

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._told: _Told | None = None
        self._drawn: list[VerdictLine] = []
        self._chosen = 0

    @property
    def _found(self) -> tuple[Problem, ...]:
        return self._told.found if self._told else ()

    def tell(
        self,
        status: QueueStatus,
        found: tuple[Problem, ...],
        *,
        most: int,
        old: float | None = None,
    ) -> None:
        """Show these in at most so many lines; `old` is the age of what is not fresh."""
        self._chosen = _place(self._found, self._chosen, found)
        self._told = _Told(status, found, most, old)
        self._draw()

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._draw()

    def _draw(self) -> None:
        told, width = self._told, self.content_size.width
        if told is None or not width:
            return  # `on_resize` comes when it is on the screen.
        self._drawn = verdict_lines(
            told.status, told.found, self._chosen, width=width, most=told.most, old=told.old
        )
        self.show(each.spans for each in self._drawn)

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

    def chosen(self) -> Problem | None:
        """Return the problem under the cursor."""
        return self._found[self._chosen] if self._chosen < len(self._found) else None

    def action_follow(self) -> None:
        """Go to the evidence of the chosen problem."""
        problem = self.chosen()
        if problem is not None and problem.room:
            self.post_message(self.Followed(problem))

    def on_click(self, event: events.Click) -> None:
        """Follow the problem under the mouse; the headline stands for the chosen one."""
        if not 0 <= event.y < len(self._drawn):
            return
        problem = self._drawn[event.y].problem
        if problem is not None:
            self._chosen = problem
            self._draw()
        self.action_follow()


def _place(before: Sequence[Problem], chosen: int, found: Sequence[Problem]) -> int:
    """Return where the problem that was chosen is now: the same one, or the nearest of its kind."""
    if chosen < len(before):
        one = before[chosen]
        alike = [
            i for i, each in enumerate(found) if (each.kind, each.room) == (one.kind, one.room)
        ]
        same = [i for i in alike if found[i].brief == one.brief]
        if same or alike:
            return min(same or alike, key=lambda index: abs(index - chosen))
    return min(chosen, max(0, len(found) - 1))
