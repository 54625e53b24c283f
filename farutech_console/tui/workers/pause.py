"""The question before deliveries are held, or go on: always for a while, never for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from farutech_console.operations.units import count, duration
from farutech_console.tui.common.field import Field
from farutech_console.tui.common.spans import Line, Span, content, line, one_line
from worker.model.text import literal

if TYPE_CHECKING:
    from worker.model.state import ConsumerState

SPANS = (("pause-5", "5 min", 300.0), ("pause-15", "15 min", 900.0), ("pause-60", "1 h", 3600.0))


@dataclass(frozen=True, slots=True)
class Pause:
    """What was asked for: `seconds` to pause, 0 to go on, and why."""

    seconds: float
    why: str


class AskPause(ModalScreen["Pause | None"]):
    """Asks for how long; returns None where the operator thought better of it."""

    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", show=False),
        Binding("left,h", "app.focus_previous", "the button before", show=False),
        Binding("right,l", "app.focus_next", "the next button", show=False),
    ]
    DEFAULT_CSS = """
    AskPause { align: center middle; background: $background 60%; }
    AskPause > Vertical {
        width: 72; max-width: 100%; height: auto; max-height: 100%;
        border: round $tone-accent; background: $surface; padding: 1 2;
    }
    AskPause Static { height: auto; }
    AskPause Input { background: $panel; margin-top: 1; }
    AskPause Horizontal { height: 1; align-horizontal: right; margin-top: 1; }
    AskPause Button { margin-left: 2; min-width: 8; }
    """

    def __init__(self, consumer: ConsumerState) -> None:
        super().__init__()
        self._consumer = consumer

    def compose(self) -> ComposeResult:
        """What it does, why, and for how long."""
        name, paused = literal(self._consumer.name, 40), self._consumer.paused
        with Vertical() as box:
            box.border_title = one_line(line(f"Resume {name}" if paused else f"Pause {name}"))
            yield Static(content(question(self._consumer)))
            yield Field(placeholder="why (for the next on-call)", compact=True, id="why")
            with Horizontal():
                yield Button("Cancel", id="cancel", compact=True)
                if paused:
                    yield Button("Resume", id="resume", compact=True, variant="primary")
                else:
                    for name_, label, _ in SPANS:
                        yield Button(label, id=name_, compact=True, variant="warning")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        seconds = {name: span for name, _, span in SPANS}.get(event.button.id or "", 0.0)
        if event.button.id == "cancel":
            self.dismiss(None)
        else:
            self.dismiss(Pause(seconds, self.query_one("#why", Input).value.strip()))

    @on(Input.Submitted)
    def _entered(self) -> None:
        """Go on to the buttons; Enter in the field alone changes nothing."""
        self.query_one("#cancel", Button).focus()

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)


def question(consumer: ConsumerState) -> list[Line]:
    """Return what pausing or resuming will do."""
    waiting = f"{count(consumer.pending)} wait"
    if consumer.paused:
        left = duration(consumer.pause_remaining)
        return [
            line(f"Deliveries are held for another {left}; {waiting}."),
            line(Span("Resuming lets every worker pull again at once.", "muted")),
        ]
    return [
        line(f"No worker gets a task until the time is up; {waiting} now."),
        line(Span("Tasks in hand are finished. It ends by itself, or with p.", "muted")),
    ]
