"""Taking a change back: the question before it, and how far it is."""

from __future__ import annotations

from collections import Counter
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button

from farutech_console.language import tr, trn
from farutech_console.operations.units import age, count, duration, plural, rate
from farutech_console.tui.common.dialog import Dialog
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.frame import Frame
from farutech_console.tui.common.messages import Broke
from farutech_console.tui.common.patience import StoppedWaitingError, seen_through
from farutech_console.tui.common.progress import COUNTED, gauge
from farutech_console.tui.common.spans import Line, Span, line, one_line
from farutech_console.tui.common.textview import TextView
from farutech_console.tui.common.words import Words
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from datetime import datetime

    from textual.worker import Worker

    from farutech_console.operations.changes.undo import UndoPlan
    from farutech_console.operations.model import Outcome
    from farutech_console.tui.common.room import Desk, Room

BAR = 30
SHOW_EVERY_S = 0.1
LABEL = 9


async def bring_back(room: Room, which: str = "last") -> bool:
    """Undo a purge, the last one or that of an id, after a preview; tell what came of it.

    Returns whether letters may have come back.
    """
    try:
        plan = await seen_through(
            room,
            tr("Undo: its plan"),
            lambda tell: room.desk.backend.plan_undo(which, tell),
        )
    except StoppedWaitingError:
        return False
    except expected() as error:
        room.notify(literal(in_words(error)), severity="error", markup=False)
        return False
    letters = plural(plan.count, "dead letter")
    asked = ConfirmUndo(
        room.desk,
        tr("Bring back {letters}", letters=letters),
        undo_lines(plan, room.desk.clock.now()),
        plan.command,
        allowed=bool(plan.count),
    )
    if not await room.app.push_screen_wait(asked):
        return False
    undone = Undoing(room.desk, plan)
    await room.app.push_screen_wait(undone)
    parts = [trn(*COUNTED[kind], n, n=count(n)) for kind, n in undone.counts.items()]
    if undone.failure:
        parts.append(tr("broke off: {why}", why=literal(undone.failure)))
    elif undone.counts.total() < plan.count:
        parts.append(tr("stopped: undo again for the others"))
    troubled = undone.failure or undone.counts.keys() & {"failed", "unknown"}
    told = tr("Undo: {what}", what=", ".join(parts))
    room.notify(told, severity="warning" if troubled else "information", markup=False)
    return True


class Plain(TextView, can_focus=False):
    """The lines of a preview, which the mouse scrolls where they are many."""


class ConfirmUndo(Dialog[bool]):
    """Shows what taking a change back does, and the command for it; returns whether to do it."""

    AUTO_FOCUS = "#cancel"
    DEFAULT_CSS = "ConfirmUndo TextView { height: auto; max-height: 14; }"

    def __init__(
        self,
        desk: Desk,
        question: str,
        lines: Sequence[Line],
        command: str,
        *,
        allowed: bool = True,
    ) -> None:
        super().__init__()
        self._question, self._allowed = question, allowed
        self._lines = (*lines, same_as(desk.from_here(command)))

    def compose(self) -> ComposeResult:
        """The plan's lines, and two buttons of which Cancel has the focus."""
        with Frame(self._question):
            yield Plain(id="plan")
            with Horizontal():
                yield Button(tr("Cancel"), id="cancel", compact=True)
                yield Button(
                    one_line(line(self._question)),
                    id="go",
                    compact=True,
                    variant="primary",
                    disabled=not self._allowed,
                )

    def on_mount(self) -> None:
        """Fill the preview."""
        self.query_one(Plain).show(self._lines)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "go")


class Undoing(Dialog[None]):
    """Brings the letters of a plan back, and shows how far it is; it closes when it is over.

    `counts` and `failure` say what came of it.
    """

    AUTO_FOCUS = "#stop"
    DEFAULT_CSS = "Undoing Words { height: auto; }"

    def __init__(self, desk: Desk, plan: UndoPlan) -> None:
        super().__init__()
        self._desk, self._plan = desk, plan
        self._stopped = False
        self._began = desk.clock.monotonic()
        self.counts: Counter[str] = Counter()
        self.failure = ""

    def compose(self) -> ComposeResult:
        """A bar, and a button to stop."""
        letters = plural(self._plan.count, "dead letter")
        with Frame(tr("Bringing back {letters}", letters=letters)):
            yield Words(id="far")
            with Horizontal():
                yield Button(tr("Stop"), id="stop", compact=True)

    def on_mount(self) -> None:
        """Begin."""
        self._show()
        self.set_interval(SHOW_EVERY_S, self._show)
        self._undo()

    @work(exit_on_error=False)
    async def _undo(self) -> None:
        outcomes = self._desk.backend.undo(self._plan, lambda: self._stopped)
        try:
            async with aclosing(cast("AsyncGenerator[Outcome, None]", outcomes)) as each:
                async for outcome in each:
                    self.counts[outcome.outcome] += 1
        except expected() as error:
            self.failure = in_words(error)
        self.dismiss(None)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show where the console itself failed, and close."""
        if event.worker.error is not None:
            self.app.post_message(Broke(event.worker))
            self.failure = tr("the console itself failed")
            self.dismiss(None)

    def _show(self) -> None:
        seconds = self._desk.clock.monotonic() - self._began
        lines = [undoing_line(self.counts.total(), self._plan.count, seconds)]
        if self._stopped:
            lines.append(line(Span(tr("Stopping: those under way are finished."), "warn")))
        self.query_one("#far", Words).show(lines)

    @on(Button.Pressed)
    def action_cancel(self) -> None:
        """Bring no more back; what came back stays."""
        self._stopped = True
        self._show()


def undoing_line(done: int, wanted: int, seconds: float) -> Line:
    """Return how far an undo is, and how long it still takes at this pace."""
    pace = done / seconds if seconds > 0 else 0.0
    left = ""
    if pace and done < wanted:
        left = f" {rate(pace)}" + tr(" {age} left", age=duration((wanted - done) / pace))
    return (*gauge(done, wanted, BAR), Span(f" {count(done)}/{count(wanted)}{left}"))


def undo_lines(plan: UndoPlan, now: datetime) -> list[Line]:
    """Return what comes back, who purged it and why, and until when that can be done."""
    purged = tr("{age} ago by {who}", age=duration(age(plan.purged_at, now)), who=literal(plan.by))
    until = tr("the archive forgets them in {time}", time=duration(age(now, plan.until)))
    lines = [
        labelled(tr("purged"), purged),
        labelled(tr("why"), literal(plan.why) or tr("nobody said")),
        labelled(tr("letters"), _span(plan)),
        labelled(tr("to"), tr("{stream}, under new sequences", stream=literal(plan.target))),
        labelled(tr("until"), until),
    ]
    if plan.came_back:
        back = trn(
            "{n} came back already", "{n} came back already", plan.came_back,
            n=count(plan.came_back),
        )  # fmt: skip
        lines.append(labelled(tr("before"), back))
    return lines


def _span(plan: UndoPlan) -> str:
    if not plan.sequences:
        return tr("none are left")
    first, last = min(plan.sequences), max(plan.sequences)
    span = count(first) + (f"…{count(last)}" if last != first else "")
    return tr("were seq {span}", span=span)


def labelled(label: str, text: str) -> Line:
    """Return a line of a plan, its label in a column."""
    return line(Span(f"{label:<{LABEL - 1}} ", "muted"), text)


def same_as(command: str) -> Line:
    """Return the line that tells the command which does the same."""
    told = Span(literal(command), "accent")
    return line(Span(f"{tr('same as'):<{LABEL - 1}} ", "muted"), told)
