"""The open letter in its frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from farutech_console.tui.common.textview import TextView
from farutech_console.tui.dlq.detail import body_lines, gone_lines, heading_lines

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.tui.common.spans import Line
    from worker.model.dead_letter import StoredDeadLetter


class LetterPane(Vertical):
    """One letter in full. `sequence` is the letter it was last asked to show."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.sequence: int | None = None
        self._stored: StoredDeadLetter | None = None
        self._body: list[Line] = []

    def compose(self) -> ComposeResult:
        """The text, which scrolls."""
        yield TextView(id="letter")

    def announce(self, sequence: int | None) -> None:
        """Say which letter is meant, before it is there."""
        self.sequence = sequence
        self.border_title = f"Letter {sequence}" if sequence is not None else ""

    def show(self, stored: StoredDeadLetter, now: datetime) -> None:
        """Show a letter from its top."""
        self._stored, self._body = stored, body_lines(stored)
        self._view().show([*heading_lines(stored, now), *self._body], from_top=True)

    def grow(self, now: datetime) -> None:
        """Let the letter's ages grow; what is in view stays."""
        if self._stored is not None:
            self._view().show([*heading_lines(self._stored, now), *self._body])

    def clear(self, why: str = "") -> None:
        """Show no letter, and why."""
        self._stored = None
        self._view().show(gone_lines(why) if why else [], from_top=True)

    def _view(self) -> TextView:
        return self.query_one("#letter", TextView)
