"""Undoing a purge: the question before it, and what came of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from farutech_console.operations.units import age, count, duration, plural
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.spans import Line, Span, content, line
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.undo import UndoPlan
    from farutech_console.tui.common.room import Room


async def bring_back(room: Room, which: str = "last") -> bool:
    """Undo a purge, the last one or that of an id, after a preview; tell what came of it.

    Returns whether letters may have come back.
    """
    backend = room.desk.backend
    try:
        plan = await backend.plan_undo(which)
        if not await room.app.push_screen_wait(ConfirmUndo(plan, room.desk.clock.now())):
            return False
        kinds = Counter([outcome.outcome async for outcome in backend.undo(plan)])
    except expected() as error:
        room.notify(literal(in_words(error)), severity="error", markup=False)
        return False
    told = ", ".join(f"{count(number)} {kind}" for kind, number in kinds.items())
    bad = bool(kinds["failed"] or kinds["unknown"])
    room.notify(f"Undo: {told}", severity="warning" if bad else "information", markup=False)
    return True


class ConfirmUndo(ModalScreen[bool]):
    """Shows what an undo brings back; returns whether to do it."""

    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", show=False),
        Binding("left,right,h,l", "app.focus_next", "the other button", show=False),
    ]
    DEFAULT_CSS = """
    ConfirmUndo { align: center middle; background: $background 60%; }
    ConfirmUndo > Vertical {
        width: 78; max-width: 100%; height: auto; max-height: 100%;
        border: round $tone-accent; background: $surface; padding: 1 2;
    }
    ConfirmUndo Static { height: auto; }
    ConfirmUndo Horizontal { height: 1; align-horizontal: right; margin-top: 1; }
    ConfirmUndo Button { margin-left: 2; min-width: 12; }
    """

    def __init__(self, plan: UndoPlan, now: datetime) -> None:
        super().__init__()
        self._plan, self._now = plan, now

    def compose(self) -> ComposeResult:
        """The plan's lines, and two buttons of which Cancel has the focus."""
        what = f"Bring back {plural(self._plan.count, 'dead letter')}"
        with Vertical() as box:
            box.border_title = what
            yield Static(content(undo_lines(self._plan, self._now)))
            with Horizontal():
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(what, id="go", compact=True, variant="primary")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "go")

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(False)


def undo_lines(plan: UndoPlan, now: datetime) -> list[Line]:
    """Return what comes back, who purged it and why, and until when that can be done."""
    lines = [
        _labelled("purged", f"{duration(age(plan.purged_at, now))} ago by {literal(plan.by)}"),
        _labelled("why", literal(plan.why) or "nobody said"),
        _labelled("letters", _span(plan)),
        _labelled("to", f"{literal(plan.target)}, under new sequences"),
        _labelled("until", f"the archive forgets them in {duration(age(now, plan.until))}"),
    ]
    if plan.came_back:
        lines.append(_labelled("before", f"{count(plan.came_back)} came back already"))
    return [*lines, _labelled("same as", literal(plan.command))]


def _span(plan: UndoPlan) -> str:
    if not plan.sequences:
        return "none are left"
    first, last = min(plan.sequences), max(plan.sequences)
    return f"were seq {count(first)}" + (f"…{count(last)}" if last != first else "")


def _labelled(label: str, text: str) -> Line:
    return line(Span(f"{label:<8} ", "muted"), text)
