"""A note on a cause, for the next on-call: the field it is written in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from farutech_console.language import tr
from farutech_console.operations.audit.notes import LONGEST
from farutech_console.operations.causes.masking import without_address
from farutech_console.operations.units import age, count, duration
from farutech_console.tui.common.dialog import Dialog
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.field import Area
from farutech_console.tui.common.frame import Frame
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.common.words import Words
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import App

    from farutech_console.operations.audit.notes import Note
    from farutech_console.operations.causes.causes import Cause, CauseGroup
    from farutech_console.tui.common.room import Desk


NOTED = "✎ "
"""Stands before a cause that has a note."""


async def write_note(app: App[None], desk: Desk, cause: Cause) -> bool:
    """Ask for the note of a cause and keep it; return whether there is another one now."""
    if not cause.key:
        return False
    try:
        before = (await desk.backend.notes()).get(cause.key)
        text = await app.push_screen_wait(WriteNote(cause, before, desk.clock.now()))
        if text is None or text == note_text(before):
            return False
        await desk.backend.note(cause.key, text)
    except expected() as error:
        app.notify(literal(in_words(error)), severity="error", markup=False)
        return False
    app.notify(tr("Noted.") if text else tr("The note is gone."), markup=False)
    return True


class WriteNote(Dialog[str]):
    """Returns the note, empty to take it away; None where it stays as it is."""

    AUTO_FOCUS = "TextArea"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f2", "keep", "keep the note", show=False, priority=True)
    ]
    DEFAULT_CSS = """
    WriteNote Words { height: auto; margin-bottom: 1; }
    WriteNote TextArea { height: 8; border: none; padding: 0 1; background: $panel; }
    WriteNote #told { margin: 1 0 0 0; }
    """

    def __init__(self, cause: Cause, before: Note | None, now: datetime) -> None:
        super().__init__()
        self._cause, self._before, self._now = cause, before, now

    def compose(self) -> ComposeResult:
        """The cause, who wrote what stands there, and the note."""
        with Frame(tr("Note on a cause")) as box:
            box.border_subtitle = tr("ctrl+s keep · esc back")
            yield Words(id="cause")
            yield Area(note_text(self._before), compact=True)
            yield Words(id="told")

    def on_mount(self) -> None:
        """Say what it is about."""
        self.query_one("#cause", Words).show([line(Span(cause_words(self._cause), "bad"))])
        self.query_one("#told", Words).show(note_head(self._before, self._now))
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)

    def action_keep(self) -> None:
        """Keep what is written."""
        text = self.query_one(TextArea).text.strip()
        if len(text) > LONGEST:
            told = tr("a note has at most {most} characters, this has {n}",
                      most=count(LONGEST), n=count(len(text)))  # fmt: skip
            self.query_one("#told", Words).show([line(Span(f"▲ {told}", "warn"))])
            return
        self.dismiss(text)


def cause_words(cause: Cause) -> str:
    """Return what a cause is called."""
    return literal(cause.text or cause.error_type) or tr("(no error)")


def group_words(group: CauseGroup) -> str:
    """Return what a cause is called, and the address that most of its letters name."""
    if not group.address:
        return cause_words(group.cause)
    told = literal(without_address(group.cause.text))
    return f"{told} · {literal(group.address, 60)}"


def note_text(note: Note | None) -> str:
    """Return what a note says, line by line, nothing in it that a terminal would obey."""
    return "\n".join(map(literal, note.text.split("\n"))) if note else ""


def note_head(note: Note | None, now: datetime) -> list[Line]:
    """Return who wrote a note and when, or what a note is for."""
    if note is None:
        advice = tr("Everybody sees it beside the cause, for 90 days; empty takes it away.")
        return [line(Span(advice, "muted"))]
    told = tr("written {age} ago by {by}", age=duration(age(note.at, now)), by=literal(note.by, 60))
    return [line(Span(told, "muted"))]
