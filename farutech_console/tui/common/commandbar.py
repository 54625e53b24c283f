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
from farutech_console.tui.commands import (
    Command,
    CommandError,
    Entered,
    completions,
    matching,
    parse,
)
from farutech_console.tui.common.dialog import Modal
from farutech_console.tui.common.field import Field
from farutech_console.tui.common.spans import Line, Span, content, line
from worker.model.text import literal

SHOWN = 8
NAME = 18
CURSOR = "›"  # noqa: RUF001 - a glyph


class CommandBar(Modal[Entered | None]):
    """Asks for a command; returns it, or None where the operator thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", show=False),
        Binding("tab,down", "complete", "complete", show=False, priority=True),
        Binding("up", "complete(-1)", "the one before", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    CommandBar { align: left bottom; background: $background 30%; }
    CommandBar > Vertical { height: auto; background: $surface; border-top: solid $tone-accent; }
    CommandBar #matches { height: auto; padding: 0 1 0 0; }
    CommandBar #problem { height: auto; padding: 0 1; }
    CommandBar Input { background: $panel; }
    """

    def __init__(self, commands: Sequence[Command], typed: str = "") -> None:
        super().__init__()
        self._commands = commands
        self._typed = typed
        self._offered: tuple[str, ...] = ()
        self._put = ""  # by tab, of those offered

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
        if event.value != self._put:
            self._put = ""
            self._show(event.value)
        self.query_one("#problem", Static).display = False

    def _show(self, text: str) -> None:
        found = matching(text, self._commands)
        put = self._put.strip()
        first = next((at for at, one in enumerate(found) if one.name == put), 0) // SHOWN * SHOWN
        shown = found[first : first + SHOWN]
        lines = [_line(command, at_it=command.name == put) for command in shown]
        if len(found) > len(shown):
            lines.append(line(Span(tr("and {n} more", n=len(found) - len(shown)), "muted")))
        if " " in text.strip() or text.endswith(" "):
            choices = "  ".join(choice for one in found for choice in one.choices)
            lines += [line(Span(f"  {choices}", "muted"))] if choices else []
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

    def action_complete(self, step: int = 1) -> None:
        """Complete what is typed; again puts the next that may be meant, or the one before."""
        field = self.query_one(Input)
        if field.value != self._put or len(self._offered) == 1:
            self._typed = field.value
            self._offered = completions(field.value, self._commands)
        if not self._offered:
            return
        first = 0 if step > 0 else -1
        at = self._offered.index(self._put) + step if self._put in self._offered else first
        self._put = self._offered[at % len(self._offered)]
        field.value = self._put
        field.cursor_position = len(self._put)
        self._show(self._typed)

    def action_cancel(self) -> None:
        """Do nothing."""
        self.dismiss(None)


def _line(command: Command, *, at_it: bool) -> Line:
    name = Span(f"{command.shown:<{NAME}}", "accent")
    mark = Span(CURSOR if at_it else " ", "accent")
    return line(mark, name, Span(f" {tr(command.help)}", "muted"))
