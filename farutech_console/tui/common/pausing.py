"""The question before deliveries are held, or go on: always for a while, never for ever."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static

from farutech_console.language import tr
from farutech_console.operations.durations import read_seconds, spelled
from farutech_console.operations.fleet.pause import PauseTooLongError, check_length
from farutech_console.operations.units import age, count, duration
from farutech_console.tui.common.dialog import Dialog
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.field import Field
from farutech_console.tui.common.frame import Frame
from farutech_console.tui.common.spans import Line, Span, content, line
from farutech_console.tui.common.words import Words
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from farutech_console.operations.audit.log import AuditEntry
    from farutech_console.tui.common.room import Desk, Room
    from worker.model.state import ConsumerState

LOOKED_THROUGH = 200
"""Changes, the latest, among which the pause is looked for."""

SPANS = {"pause-5": 300.0, "pause-15": 900.0, "pause-60": 3600.0}
"""The buttons for what is asked for most, in seconds."""


@dataclass(frozen=True, slots=True)
class Pause:
    """What was asked for: `seconds` to pause, 0 to go on, and why."""

    seconds: float
    why: str

    @property
    def command(self) -> str:
        """The command that does the same."""
        words = ["pause", spelled(self.seconds)] if self.seconds else ["resume"]
        return shlex.join(["farutech-console", *words, *(["--why", self.why] if self.why else [])])


async def ask_pause(room: Room, consumer: ConsumerState) -> bool:
    """Hold the deliveries for a while, or let them go on, after a question; tell what came of it.

    Returns whether something may have changed.
    """
    asked = await room.app.push_screen_wait(AskPause(consumer, room.desk))
    if asked is None:
        return False
    backend = room.desk.backend
    try:
        if asked.seconds:
            await backend.pause(asked.seconds, asked.why)
        else:
            await backend.resume(asked.why)
    except expected() as error:
        room.notify(literal(in_words(error)), severity="error", markup=False)
        return True
    done = tr("Deliveries are paused.") if asked.seconds else tr("Deliveries go on.")
    room.notify(done, markup=False)
    return True


class AskPause(Dialog[Pause]):
    """Asks for how long; returns None where the operator thought better of it."""

    AUTO_FOCUS = "#cancel"
    DEFAULT_CSS = """
    AskPause Static { height: auto; }
    AskPause Input { margin-top: 1; }
    AskPause #same { height: auto; margin-top: 1; }
    AskPause Button { min-width: 8; }
    """

    def __init__(self, consumer: ConsumerState, desk: Desk) -> None:
        super().__init__()
        self._consumer, self._desk = consumer, desk

    def compose(self) -> ComposeResult:
        """What it does, why, for how long, and the command that does the same."""
        name, paused = literal(self._consumer.name, 40), self._consumer.paused
        title = tr("Resume {name}", name=name) if paused else tr("Pause {name}", name=name)
        with Frame(title):
            yield Static(content(question(self._consumer)))
            if paused:
                yield Words(id="holder")
            else:
                wanted = tr("or for how long: 90s, 45m, 2h, 1h30m; 7 d at most")
                yield Field(placeholder=wanted, compact=True, id="span")
            yield Field(placeholder=tr("why (for the next on-call)"), compact=True, id="why")
            yield Words(id="same")
            with Horizontal():
                yield Button(tr("Cancel"), id="cancel", compact=True)
                if paused:
                    yield Button(tr("Resume"), id="resume", compact=True, variant="primary")
                else:
                    for name, seconds in SPANS.items():
                        label = duration(seconds)
                        yield Button(label, id=name, compact=True, variant="warning")
                    yield Button(
                        tr("as typed"), id="typed", compact=True, variant="warning", disabled=True
                    )

    def on_mount(self) -> None:
        """Show the command, and who paused where somebody did."""
        self._tell()
        if self._consumer.paused:
            self.query_one("#holder", Words).show([line(Span("…", "muted"))])
            self._tell_holder()

    @work(exit_on_error=False)
    async def _tell_holder(self) -> None:
        try:
            page = await self._desk.backend.audit(LOOKED_THROUGH)
        except expected() as error:
            told = tr("The audit cannot be read: {why}", why=literal(in_words(error)))
            lines = [line(Span(f"▲ {told}", "warn"))]
        else:
            lines = [holder_line(page.entries, self._consumer, self._desk.clock.now())]
        self.query_one("#holder", Words).show(lines)

    @on(Input.Changed)
    def _typed(self) -> None:
        if not self._consumer.paused:
            self.query_one("#typed", Button).disabled = not isinstance(self._seconds(), float)
        self._tell()

    def on_descendant_focus(self, _: events.DescendantFocus) -> None:
        """Show what the button would do that has the focus."""
        self._tell()

    def _seconds(self) -> float | str:
        """Return how long was typed, or what is wrong with it; empty where nothing was."""
        text = self.query_one("#span", Input).value.strip()
        seconds = read_seconds(text)
        if seconds is None:
            wrong = tr("{text} is no length of time: 90s, 45m, 2h, 1h30m", text=literal(text, 20))
            return wrong if text else ""
        try:
            check_length(seconds)
        except PauseTooLongError as error:
            return str(error)
        return seconds

    def _tell(self) -> None:
        """Show the command that does what the focused button does, or what was typed."""
        why = self.query_one("#why", Input).value.strip()
        focused = self.focused.id or "" if self.focused is not None else ""
        seconds = 0.0 if self._consumer.paused else SPANS.get(focused) or self._seconds()
        if isinstance(seconds, str):
            told = Span(f"▲ {seconds}", "warn") if seconds else Span(tr("choose for how long"))
            self.query_one("#same", Words).show([line(told)])
            return
        command = literal(self._desk.from_here(Pause(seconds, why).command))
        label = Span(f"{tr('same as')}  ", "muted")
        self.query_one("#same", Words).show([line(label, Span(command, "accent"))])

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        pressed = event.button.id or ""
        if pressed == "cancel":
            self.dismiss(None)
            return
        seconds = self._seconds() if pressed == "typed" else SPANS.get(pressed, 0.0)
        if isinstance(seconds, float):
            self.dismiss(Pause(seconds, self.query_one("#why", Input).value.strip()))

    @on(Input.Submitted)
    def _entered(self) -> None:
        """Go on to the buttons; Enter in a field alone changes nothing."""
        typed = not self._consumer.paused and isinstance(self._seconds(), float)
        self.query_one("#typed" if typed else "#cancel", Button).focus()


def holder_line(changes: Sequence[AuditEntry], consumer: ConsumerState, now: datetime) -> Line:
    """Return who paused the consumer and why, as far as the latest changes tell."""
    done = (one for one in changes if one.action in ("pause", "resume") and one.state == "done")
    last = next((one for one in done if one.about == consumer.name), None)
    if last is None or last.action == "resume":
        return line(Span(tr("Who paused is not on record: not this console, it seems."), "warn"))
    told = tr(
        "Paused {age} ago by {who}: {why}",
        age=duration(age(last.began_at, now)),
        who=literal(last.by, 40),
        why=literal(last.why, 120) or tr("nobody said why"),
    )
    return line(Span(told, "strong"))


def question(consumer: ConsumerState) -> list[Line]:
    """Return what pausing or resuming will do."""
    waiting = count(consumer.pending)
    if consumer.paused:
        left = duration(consumer.pause_remaining)
        held = tr("Deliveries are held for another {left}; {n} wait.", left=left, n=waiting)
        return [
            line(held),
            line(Span(tr("Resuming lets every worker pull again at once."), "muted")),
        ]
    return [
        line(tr("No worker gets a task until the time is up; {n} wait now.", n=waiting)),
        line(Span(tr("Tasks in hand are finished. It ends by itself, or with p."), "muted")),
    ]
