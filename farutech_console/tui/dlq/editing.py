"""Editing the task of a letter and replaying it: the editor, what was changed, the question."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Button, Input, TextArea

from farutech_console.language import tr
from farutech_console.operations.changes.edit import InvalidEditError, read_edited
from farutech_console.tui.common.dialog import Dialog
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.field import Area, Field
from farutech_console.tui.common.frame import Frame
from farutech_console.tui.common.spans import Line, Span, Tone, line
from farutech_console.tui.common.textview import TextView
from farutech_console.tui.common.words import Words
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from farutech_console.operations.changes.edit import Draft
    from farutech_console.operations.model import Outcome
    from farutech_console.tui.common.room import Desk, Room

CHECK_DELAY_S = 0.2
"""How long nothing has to be typed before the text is checked."""

CONTEXT = 2
"""Lines around a change that are shown."""

LABEL = 10


async def edit_and_replay(room: Room, sequence: int) -> bool:
    """Have the letter's task edited, and replay it so once it was confirmed; tell what came of it.

    Returns whether the letter went.
    """
    backend = room.desk.backend
    try:
        draft = await backend.draft(sequence)
        text, why = typeable(draft.text), None
        while why is None:
            edited = await room.app.push_screen_wait(Editor(draft, text))
            if edited is None:
                return False
            text = edited
            told = edit_lines(draft, text, backend.names.tasks, room.desk)
            why = await room.app.push_screen_wait(ConfirmEdit(draft, text, told))
        outcome = await backend.edit(draft, text, why)
    except expected() as error:
        room.notify(literal(in_words(error)), severity="error", markup=False)
        return False
    _tell(room, outcome)
    return outcome.outcome == "replayed"


def _tell(room: Room, outcome: Outcome) -> None:
    outcome_words, detail = tr(outcome.outcome), literal(outcome.detail, 200)
    told = tr("Letter {n}, edited: {outcome}", n=outcome.sequence, outcome=outcome_words)
    room.notify(
        f"{told}: {detail}" if detail else told,
        severity="information" if outcome.outcome == "replayed" else "warning",
        markup=False,
    )


def typeable(text: str) -> str:
    r"""Return the text with what a terminal would obey or hide as JSON's escapes: `\u202e`.

    In JSON that is the same text; anything else has to become JSON before it can go.
    """
    lines = (part.removesuffix("\r") for part in text.split("\n"))
    return "\n".join(part if _is_plain(part) else _escaped(part) for part in lines)


def _is_plain(text: str) -> bool:
    return literal(text.replace("\t", "")) == text.replace("\t", "")


def _escaped(text: str) -> str:
    return "".join(one if _is_plain(one) else json.dumps(one)[1:-1] for one in text)


class Editor(Dialog[str]):
    """The task as text to be edited. Returns it once it is a task and another; None for back."""

    AUTO_FOCUS = "TextArea"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f2", "go_on", "what was changed", show=False, priority=True)
    ]
    DEFAULT_CSS = """
    Editor > Vertical { width: 100%; height: 1fr; max-height: 100%; margin-top: 1; padding: 0 1; }
    Editor TextArea { height: 1fr; border: none; padding: 0; background: $surface; }
    Editor Words { height: auto; max-height: 4; border-top: solid $border; }
    """

    def __init__(self, draft: Draft, text: str) -> None:
        super().__init__()
        self._draft, self._text = draft, text
        self._before = typeable(draft.text)
        self._check_soon: Timer | None = None
        self._leaving = False

    def compose(self) -> ComposeResult:
        """The text, and under it whether it is a task."""
        with Frame(tr("Edit the task of letter {n}", n=self._draft.sequence)) as box:
            box.border_subtitle = tr("ctrl+s what was changed · esc back")
            yield Area(self._text, show_line_numbers=True, soft_wrap=True, compact=True)
            yield Words(id="verdict")

    def on_mount(self) -> None:
        """Say what is there."""
        self._check()

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._leaving = False
        if self._check_soon is not None:
            self._check_soon.stop()
        self._check_soon = self.set_timer(CHECK_DELAY_S, self._check)

    def _check(self) -> InvalidEditError | None:
        text = self.query_one(TextArea).text
        try:
            task = read_edited(text)
        except InvalidEditError as error:
            self._say(error_lines(error))
            return error
        who = f"{task.task_type} · {task.tenant_id} · {task.task_id}"
        told = tr("a task, as it died") if text == self._before else tr("a task, changed")
        self._say([line(Span(f"● {told}  ", "ok"), Span(literal(who, 200), "muted"))])
        return None

    def _say(self, lines: list[Line]) -> None:
        self.query_one("#verdict", Words).show(lines)

    def action_go_on(self) -> None:
        """Show what was changed; where it is no task, go to where it is wrong."""
        area = self.query_one(TextArea)
        error = self._check()
        if error is not None:
            if error.line:
                area.move_cursor((error.line - 1, max(0, error.column - 1)), center=True)
        elif area.text == self._before:
            unchanged = tr("Nothing was changed yet: r in the list replays the letter as it is.")
            self._say([line(Span(f"▲ {unchanged}", "warn"))])
        else:
            self.dismiss(area.text)

    def action_cancel(self) -> None:
        """Back to the list; what was typed is not thrown away by one key."""
        if self._leaving or self.query_one(TextArea).text == self._before:
            self.dismiss(None)
            return
        self._leaving = True
        warning = tr("esc once more throws your changes away")
        self._say([line(Span(f"▲ {warning}", "warn"))])


def error_lines(error: InvalidEditError) -> list[Line]:
    """Return why a text is no task, and where."""
    where = tr("line {line}", line=error.line) if error.line else ""
    if error.column:
        where += tr(", column {column}", column=error.column)
    lead = f"{where}: " if where else ""
    return [line(Span(tr("▲ no task yet: "), "warn"), Span(f"{lead}{literal(str(error), 400)}"))]


class ConfirmEdit(Dialog[str]):
    """Shows what was changed. Returns why, which may be empty; None where it is not to go yet."""

    AUTO_FOCUS = "#cancel"
    DEFAULT_CSS = """
    ConfirmEdit > Vertical { width: 100; }
    ConfirmEdit TextView { height: auto; max-height: 12; margin-bottom: 1; }
    ConfirmEdit #about { height: auto; margin-bottom: 1; }
    """

    def __init__(self, draft: Draft, text: str, told: Sequence[Line]) -> None:
        super().__init__()
        self._draft, self._text, self._told = draft, text, told

    def compose(self) -> ComposeResult:
        """The letter, the lines that differ, why, and two buttons of which Back has the focus."""
        with Frame(tr("Replay letter {n} with this task", n=self._draft.sequence)):
            yield Words(id="about")
            yield TextView(id="difference")
            yield Field(placeholder=tr("why (for the next on-call)"), compact=True, id="why")
            with Horizontal():
                yield Button(tr("Edit on"), id="cancel", compact=True)
                yield Button(tr("Replay it"), id="go", compact=True, variant="primary")

    def on_mount(self) -> None:
        """Fill it."""
        self.query_one("#about", Words).show(self._told)
        difference = difference_lines(typeable(self._draft.text), self._text)
        self.query_one("#difference", TextView).show(difference)

    @on(Input.Submitted)
    def _entered(self) -> None:
        """Go on to the button; Enter in the field alone replays nothing."""
        self.query_one("#go", Button).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        why = self.query_one("#why", Input).value.strip()
        self.dismiss(why if event.button.id == "go" else None)


def edit_lines(draft: Draft, text: str, target: str, desk: Desk) -> list[Line]:
    """Return what will happen to the letter and the task."""
    task = read_edited(text)
    command = desk.from_here(f"farutech-console dlq edit {draft.sequence}")
    return [
        _labelled(tr("task"), f"{task.task_id} · {task.tenant_id} · {task.task_type}"),
        _labelled(tr("to"), tr("{target}, then the letter is deleted", target=target)),
        _labelled(tr("original"), tr("the archive keeps it for 7 days")),
        _labelled(tr("same as"), command, "accent"),
    ]


def _labelled(label: str, text: str, tone: Tone = "plain") -> Line:
    return line(Span(f"{label:<{LABEL}}", "muted"), Span(literal(text, 300), tone))


_LOOKS: dict[str, Tone] = {"+": "ok", "-": "bad", "…": "muted"}


def difference_lines(before: str, after: str) -> list[Line]:
    """Return the lines that differ, with some around them: `-` was there, `+` came."""
    old, new = _from_first_to_last(before.splitlines(), after.splitlines())
    found = list(difflib.unified_diff(old, new, n=CONTEXT, lineterm=""))[2:]
    shown = ["…" if one.startswith("@@") else one for one in found]
    return [line(Span(literal(one, 2000), _LOOKS.get(one[:1], "plain"))) for one in shown[1:]]


def _from_first_to_last(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    """Return both from their first difference to their last, with what is shown around.

    To compare what is the same at both ends takes too long in a letter of a megabyte.
    """
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    left = shorter - head
    tail = next((at for at in range(left) if old[-1 - at] != new[-1 - at]), left)
    begin, end = max(0, head - CONTEXT), max(0, tail - CONTEXT)
    return old[begin : len(old) - end], new[begin : len(new) - end]
