"""The open letter in its frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from farutech_console.language import tr
from farutech_console.operations.letters.secrets import HIDDEN
from farutech_console.operations.story.view import how_it_went
from farutech_console.tui.dlq.detail import heading_parts, history_parts, note_parts
from farutech_console.tui.dlq.gone import gone_lines, gone_parts
from farutech_console.tui.dlq.letterview import LetterView
from farutech_console.tui.dlq.parts import Part

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.audit.notes import Note
    from farutech_console.operations.steps import TaskStep
    from farutech_console.operations.story.view import TaskStory
    from worker.model.dead_letter import StoredDeadLetter


class LetterPane(Vertical):
    """One letter in full. `sequence` is the letter it was last asked to show.

    Its secrets are hidden until they are asked for, letter by letter.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.sequence: int | None = None
        self.stored: StoredDeadLetter | None = None
        self._secrets = self._gone = False
        self._end: TaskStep | None = None
        self._note: Note | None = None
        self._bodies: dict[bool, list[Part]] = {}
        self._history: list[Part] = []

    def compose(self) -> ComposeResult:
        """The text, which scrolls."""
        yield LetterView(id="letter")

    def announce(self, sequence: int | None) -> None:
        """Note which letter is meant; the one before stays, under its name, until it is there."""
        self.sequence = sequence

    def show(self, stored: StoredDeadLetter, body: list[Part], now: datetime) -> None:
        """Show a letter from its top; `body` is what `body_parts` made of it."""
        self.stored, self._secrets, self._history, self._note = stored, False, [], None
        self._bodies, self._gone, self._end = {False: body}, False, None
        self._entitle(stored.sequence)
        self._show(now, from_top=True)

    def grow(self, now: datetime) -> None:
        """Let the letter's ages grow; what is in view stays."""
        if self.stored is not None:
            self._show(now)

    def mark_gone(self, now: datetime) -> None:
        """Say that the letter does not lie there any more; what it was stays to be read."""
        self._gone = True
        self.grow(now)

    def turn_secrets(self) -> bool:
        """Have the letter's secrets shown from now on, or hidden; return whether they are to be."""
        self._secrets = not self._secrets
        return self._secrets

    @property
    def knows_secrets(self) -> bool:
        """Whether the letter was taken apart with its secrets: until then they stay hidden."""
        return True in self._bodies

    def learn_secrets(self, body: list[Part]) -> None:
        """Take the letter with its secrets, as `body_parts` made it."""
        self._bodies[True] = body

    def await_history(self, now: datetime) -> None:
        """Say that the history is being read."""
        self._history = history_parts(None)
        self.grow(now)

    def tell(self, story: TaskStory | None, note: Note | None, now: datetime) -> None:
        """Show what else is known: the history of the task, the note on the cause."""
        self._history, self._end = [], None
        if story is not None and self.stored is not None:
            self._history = history_parts(story)
            self._end = how_it_went(story, self.stored.stored_at)
        self._note = note
        self.grow(now)

    def clear(self, why: str = "") -> None:
        """Show no letter, and why."""
        self.stored, self._history, self._note, self._bodies = None, [], None, {}
        self._entitle(self.sequence)
        parts = [Part(one) for one in gone_lines(why)] if why else []
        self._view().show_parts(parts, from_top=True)

    def copied(self) -> str:
        """Return the value under the cursor, empty for none; what is hidden is not given out."""
        part = self._view().under_cursor
        return str(part.copy) if part is not None and part.copy != HIDDEN else ""

    def _show(self, now: datetime, *, from_top: bool = False) -> None:
        if self.stored is None:
            return
        gone = gone_parts(self._end, now) if self._gone else []
        secrets = self._secrets and self.knows_secrets
        heading = [*gone, *heading_parts(self.stored, now, secrets=secrets)]
        notes, body = note_parts(self._note, now), self._bodies[secrets]
        self._view().show_parts([*heading, *notes, *body, *self._history], from_top=from_top)

    def _entitle(self, sequence: int | None) -> None:
        self.border_title = tr("Letter {n}", n=sequence) if sequence is not None else ""

    def _view(self) -> LetterView:
        return self.query_one("#letter", LetterView)
