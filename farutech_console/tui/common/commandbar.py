"""The `:` bar: a command is typed, completed, and given back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from farutech_console.language import tr
from farutech_console.tui.commands import Command, CommandError, Entered, matching, parse
from farutech_console.tui.common.dialog import Modal
from farutech_console.tui.common.field import Field
from farutech_console.tui.common.spans import Line, Span, content, line
from worker.model.text import literal

SHOWN = 8
NAME = 18


class CommandBar(Modal[Entered | None]):
    """Asks for a command; returns it, or None where the operator thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", show=False),
        Binding("tab", "complete", "complete", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    CommandBar { align: left bottom; background: $background 30%; }
    CommandBar > Vertical { height: auto; background: $surface; border-top: solid $tone-accent; }
    CommandBar #matches { height: auto; padding: 0 1; }
    CommandBar #problem { height: auto; padding: 0 1; }
    CommandBar Input { background: $panel; }
    """

    def __init__(self, commands: Sequence[Command], typed: str = "") -> None:
        super().__init__()
        self._commands = commands
        self._typed = typed

    def compose(self) -> ComposeResult:
        """What may be meant, and beneath it what is typed."""
        with Vertical():
            yield Static(id="matches")
            yield Static(id="problem")
            yield Field(self._typed, placeholder=tr("a command; tab completes"), compact=True)

    def on_mount(self) -> None:
        """Show what there is."""
        self._show(self._typed)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self._show(event.value)
        self.query_one("#problem", Static).display = False

    def _show(self, text: str) -> None:
        found = matching(text, self._commands)
        lines = [_line(command) for command in found[:SHOWN]]
        if len(found) > SHOWN:
            lines.append(line(Span(tr("and {n} more", n=len(found) - SHOWN), "muted")))
        self.query_one("#matches", Static).update(content(lines))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.dismiss(None)
            return
        try:
            entered = parse(event.value, self._commands)
        except CommandError as error:
            problem = self.query_one("#problem", Static)
            problem.update(content([line(Span(f"▲ {literal(str(error))}", "warn"))]))
            problem.display = True
            return
        self.dismiss(entered)

    def action_complete(self) -> None:
        """Complete the command's name."""
        field = self.query_one(Input)
        found = matching(field.value, self._commands)
        if found and " " not in field.value.strip():
            field.value = found[0].name + (" " if found[0].argument else "")
            field.cursor_position = len(field.value)

    def action_cancel(self) -> None:
        """Do nothing."""
        self.dismiss(None)


def _line(command: Command) -> Line:
    return line(Span(f"{command.shown:<{NAME}}", "accent"), Span(f" {tr(command.help)}", "muted"))
