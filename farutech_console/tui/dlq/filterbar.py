"""Where a filter is typed: completed with tab, and told where it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from farutech_console.language import tr
from farutech_console.operations.filter.model import FilterError
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.filter.suggest import suggest
from farutech_console.tui.common.field import Field
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.common.words import Words
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.filter.model import Filter
    from farutech_console.operations.filter.suggest import Known

SHOWN = 5
NAME = 16
EXAMPLE = "tenant:acme error:~timeout age>2h"


class FilterBar(Vertical):
    """A field for a filter, and above it what may be meant. Tells by `Chosen` what was entered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "complete", show=False, priority=True)
    ]
    DEFAULT_CSS = """
    FilterBar { height: auto; display: none; background: $surface; border-top: solid $tone-accent; }
    FilterBar Words { height: auto; padding: 0 1; }
    FilterBar Input { background: $panel; }
    """

    class Chosen(Message):
        """This is what letters are to be like."""

        def __init__(self, wanted: Filter) -> None:
            super().__init__()
            self.wanted = wanted

    def compose(self) -> ComposeResult:
        """What may be meant, and the field."""
        yield Words(id="suggestions")
        yield Field(
            placeholder=tr("{example}, or bare words; tab completes", example=EXAMPLE),
            compact=True,
            id="filter",
        )

    def __init__(self) -> None:
        super().__init__()
        self._known: Known = {}
        self._wrong: tuple[str, FilterError] | None = None

    def open(self, text: str, known: Known | None = None) -> None:
        """Ask for a filter, beginning with this one; offer values that are known to occur."""
        self._known = known or {}
        self.display = True
        field = self._field()
        field.value = text
        field.cursor_position = len(text)
        field.take_focus()
        self._suggest()

    def mend(self, text: str, error: FilterError, known: Known | None = None) -> None:
        """Ask for what was meant by a filter that was given elsewhere and is wrong."""
        self._wrong = (text, error)
        self.open(text, known)

    def close(self) -> None:
        """Put it away."""
        self.display = False

    def _field(self) -> Field:
        return self.query_one("#filter", Field)

    @on(Input.Changed)
    def _suggest(self) -> None:
        field = self._field()
        if self._wrong is not None and self._wrong[0] == field.value:
            self.query_one("#suggestions", Words).show(error_lines(self._wrong[1]))
            return
        self._wrong = None
        found = suggest(field.value, field.cursor_position, self._known)[:SHOWN]
        lines = [
            line(Span(f"{literal(one.text, 60):<{NAME}} ", "accent"), Span(one.help, "muted"))
            for one in found
        ]
        self.query_one("#suggestions", Words).show(lines)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        try:
            wanted = parse_filter(event.value)
        except FilterError as error:
            self._wrong = (event.value, error)
            self._suggest()
            return
        self.post_message(self.Chosen(wanted))

    def action_complete(self) -> None:
        """Take the first suggestion."""
        field = self._field()
        found = suggest(field.value, field.cursor_position, self._known)
        if found:
            rest = field.value[field.cursor_position :]
            begun = field.value[: found[0].start] + found[0].text
            field.value = begun + rest
            field.cursor_position = len(begun)


def error_lines(error: FilterError) -> list[Line]:
    """Return what is wrong, under it an arrow to where."""
    return [
        line(Span(f"▲ {literal(error.message)}", "warn")),
        line(Span(f"{' ' * (error.column - 1)}▼", "warn")),
    ]
