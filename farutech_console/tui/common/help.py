"""The keys, from the table of keys."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from farutech_console.language import tr
from farutech_console.tui.common.alarm import calls_in_words
from farutech_console.tui.common.dialog import Modal
from farutech_console.tui.common.frame import Frame
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.common.textview import TextView
from farutech_console.tui.keys import KEYS, TITLES, Where, allowed, keys_of
from farutech_console.tui.preferences import Preferences

COLUMN = 1 + max(len(key.shown) for key in KEYS)

NAMING = "farutech-console --environment prod (FARUTECH_ENVIRONMENT)"
CALLING = (
    "--call off|bell|desktop|both (FARUTECH_CALL)",
    "--call-dead-letters, --call-pending, --call-stuck, --call-silent",
)


def help_lines(room: Where, wanted: Preferences, *, read_only: bool) -> list[Line]:
    """Return the help: this room's keys first, then the others, then how one is called.

    Where nobody said what this system is, it is told how to.
    """
    order = [room, *(place for place in TITLES if place != room)]
    note = line(Span(tr("This console is read-only: it shows no key that writes."), "warn"))
    lines: list[Line] = [note, ()] if read_only else []
    if not wanted.environment:
        unnamed = tr("no env: nobody said what this system is. Say it so that production is seen:")
        lines += [line(Span(unnamed, "warn")), line(Span(f"  {NAMING}", "accent")), ()]
    for place in order:
        keys = allowed(keys_of(place), read_only=read_only)
        if not keys:
            continue
        lines += [line(Span(tr(TITLES[place]), "strong"))]
        lines += [line(Span(f"  {key.shown:<{COLUMN}}", "accent"), tr(key.help)) for key in keys]
        lines += [()]
    calls = [line(calls_in_words(wanted)), *(line(Span(f"  {how}", "accent")) for how in CALLING)]
    return [*lines, line(Span(tr("Being called"), "strong")), *calls]


class Help(Modal[None]):
    """What every key does. Closed by any of the keys one would try."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "close", "close", show=False)
    ]
    DEFAULT_CSS = """
    Help { align: center middle; background: $background 60%; }
    Help > Vertical {
        width: 72; max-width: 96%; height: 90%;
        border: round $tone-accent; background: $surface; padding: 0 1;
    }
    """

    def __init__(self, room: Where, wanted: Preferences, *, read_only: bool) -> None:
        super().__init__()
        self._lines = help_lines(room, wanted, read_only=read_only)

    def compose(self) -> ComposeResult:
        """The keys, in a view that scrolls."""
        with Frame(tr("Keys")) as box:
            box.border_subtitle = tr("esc close")
            yield TextView()

    def on_mount(self) -> None:
        """Fill it."""
        self.query_one(TextView).show(self._lines)

    def action_close(self) -> None:
        """Back to work."""
        self.dismiss()
