"""The plan before anything happens. What was confirmed is what runs: it returns the plan itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static

from farutech_console.language import tr
from farutech_console.operations.actions import asks_name
from farutech_console.tui.common.dialog import Dialog
from farutech_console.tui.common.field import Field
from farutech_console.tui.common.frame import Frame
from farutech_console.tui.common.preview import preview, question
from farutech_console.tui.common.spans import content, line, one_line
from farutech_console.tui.common.textview import TextView
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from farutech_console.operations.model import Plan
    from farutech_console.tui.common.room import Desk
    from farutech_console.tui.common.spans import Line


def dialog_for(plan: Plan, desk: Desk, depth: int) -> ConfirmPlan:
    """Return the question before a plan, where `depth` dead letters lie.

    Who purges all of them, or does what production is guarded against, types the stream's name.
    """
    everything = plan.count > 1 and plan.count >= depth
    guarded = asks_name(plan.kind, plan.count, desk.preferences.environment)
    type_name = guarded or (plan.kind == "purge" and everything)
    lines = preview(replace(plan, command=desk.from_here(plan.command)), desk.clock.now())
    return ConfirmPlan(plan, lines, type_name=type_name)


class ConfirmPlan(Dialog["Plan"]):
    """Shows what is told of a plan and returns it, or None where the operator thought better of it.

    `type_name` asks for the stream's name to be typed before the plan can be confirmed.
    """

    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,right,h,l,up,down,j,k", "other", "the other button", show=False),
    ]
    DEFAULT_CSS = """
    ConfirmPlan.-purge > Vertical { border: round $tone-bad; }
    ConfirmPlan TextView { height: auto; max-height: 14; }
    ConfirmPlan #ask, ConfirmPlan Input { display: none; margin-top: 1; }
    ConfirmPlan.-typed #ask, ConfirmPlan.-typed Input { display: block; }
    ConfirmPlan Input { margin-top: 0; }
    """

    def __init__(self, plan: Plan, told: Sequence[Line], *, type_name: bool = False) -> None:
        super().__init__(classes=f"-{plan.kind}" + (" -typed" if type_name else ""))
        self.plan = plan
        self._told = told
        self._type_name = type_name

    def compose(self) -> ComposeResult:
        """The plan's lines, and two buttons of which Cancel has the focus."""
        danger = "error" if self.plan.kind == "purge" else "primary"
        with Frame(question(self.plan)):
            yield TextView(id="plan")
            name = literal(self.plan.stream)
            ask = tr("Type {name} to confirm: {plan}.", name=name, plan=question(self.plan))
            yield Static(content([line(ask)]), id="ask")
            yield Field(
                compact=True,
                disabled=not self._type_name,
                select_on_focus=False,
                id="name",
            )
            with Horizontal():
                yield Button(tr("Cancel"), id="cancel", compact=True)
                yield Button(
                    one_line(line(question(self.plan))),
                    id="go",
                    compact=True,
                    variant="error" if danger == "error" else "primary",
                    disabled=self._type_name or not self.plan.count,
                )

    def on_mount(self) -> None:
        """Fill the preview."""
        self.query_one("#plan", TextView).show(self._told)

    def on_key(self, event: events.Key) -> None:
        """Write the name, wherever the focus is."""
        if event.character and event.character in self.plan.stream:
            self._write(event, event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Write what is pasted, wherever the focus is."""
        self._write(event, event.text)

    def _write(self, event: events.Event, text: str) -> None:
        field = self.query_one("#name", Field)
        if self._type_name and not field.has_focus:
            event.stop()
            field.take_focus()
            field.insert_text_at_cursor(text)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.query_one("#go", Button).disabled = event.value != self.plan.stream

    @on(Input.Submitted)
    def _entered(self) -> None:
        """Go on to the button; Enter in the field alone purges nothing."""
        go = self.query_one("#go", Button)
        (self.query_one("#name", Input) if go.disabled else go).focus()

    @on(Button.Pressed, "#go")
    def _go(self) -> None:
        self.dismiss(self.plan)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)

    def action_other(self) -> None:
        """Move between the buttons."""
        self.focus_next("Button")
