"""The letter under the cursor in full: fetched once the cursor rests, its history once opened.

An open letter stays until the operator moves on, also where it is gone from the server meanwhile:
nobody reads one letter and acts on the next.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import on, work
from textual.timer import Timer

from farutech_console.language import tr
from farutech_console.operations.causes.causes import cause_of
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.dlq.acts import LetterActs
from farutech_console.tui.dlq.detail import body_parts
from farutech_console.tui.dlq.letterview import LetterView
from farutech_console.tui.dlq.pane import LetterPane
from farutech_console.tui.dlq.selection import Selection

if TYPE_CHECKING:
    from farutech_console.operations.story.view import TaskStory
    from farutech_console.tui.common.room import Desk
    from farutech_console.tui.dlq.parts import Part
    from worker.model.dead_letter import StoredDeadLetter

LARGE_BODY = 32 * 1024
"""Bytes above which a letter is taken apart in a thread: a megabyte of JSON takes a second."""

DETAIL_DELAY_S = 0.08
"""How long the cursor has to rest before its letter is fetched."""


class OpenedLetter(LetterActs):
    """A room that shows a letter beside its table, or instead of it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._rest: Timer | None = None
        self._open: int | None = None
        self._missed = False
        self._life = ""

    @property
    def chosen(self) -> int | None:
        """The letter that is open, else the one under the cursor."""
        return self.table.cursor if self._open is None else self._open

    @property
    def pane(self) -> LetterPane:
        """Where the letter is shown."""
        return self.query_one(LetterPane)

    def follow_cursor(self) -> None:
        """Show the letter under the cursor, or let its ages grow."""
        if self._open is not None and self.table.cursor != self._open and not self._missed:
            self._missed = True
            self._look_whether_gone(self._open)
        if self.chosen == self.pane.sequence:
            self.pane.grow(self.desk.clock.now())
            return
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(DETAIL_DELAY_S, self._show_detail)

    @work(exclusive=True, group="detail", exit_on_error=False)
    async def _show_detail(self) -> None:
        sequence, pane = self.chosen, self.pane
        pane.announce(sequence)
        if sequence is None:
            pane.clear()
            return
        try:
            stored = await self.desk.backend.letter(sequence)
        except expected() as error:
            pane.clear(in_words(error))
            return
        if stored is None:
            pane.clear(tr("it is gone"))
            return
        pane.show(stored, await _taken_apart(stored, secrets=False), self.desk.clock.now())
        if self.has_class("-open"):
            self._read_history()

    @work(exclusive=True, group="gone", exit_on_error=False)
    async def _look_whether_gone(self, sequence: int) -> None:
        """Say of the open letter, which is in the list no more, if the server has it no more."""
        try:
            gone = await self.desk.backend.letter(sequence) is None
        except expected():
            self._missed = False  # asked again at the next look
            return
        if gone and self.pane.stored is not None and self.pane.stored.sequence == sequence:
            self.pane.mark_gone(self.desk.clock.now())
            self._read_history()

    def follow_operator(self) -> None:
        """Have another letter be the open one, where the operator moved the cursor to it."""
        if self._open is not None and self.table.cursor is not None:
            self._open, self._missed = self.table.cursor, False

    @on(VirtualTable.Opened)
    def action_open(self) -> None:
        """Open the letter under the cursor, and read what else is known of it."""
        if self.table.cursor is not None:
            self._open, self._missed = self.table.cursor, False
            self._set_open(open_=True)
            self.query_one("#letter", LetterView).focus()
            if self.pane.sequence == self.table.cursor:
                self._read_history()

    @work(exclusive=True, group="history", exit_on_error=False)
    async def _read_history(self) -> None:
        """Read the task's story, which takes a while among very many, and the cause's note."""
        pane, backend = self.pane, self.desk.backend
        stored = pane.stored
        if stored is None:
            return
        pane.await_history(self.desk.clock.now())
        story: TaskStory | None = None
        note = None
        try:
            note = (await backend.notes()).get(cause_of(stored.error_type, stored.error).key)
            story = await backend.story(stored.task_id) if stored.task_id else None
        except expected() as error:
            self.notify(in_words(error), severity="warning", markup=False)
        if pane.stored is stored:
            pane.tell(story, note, self.desk.clock.now())

    def _set_open(self, *, open_: bool) -> None:
        self.set_class(open_, "-open")
        self.pane.border_subtitle = (
            tr("enter folds · m secrets · y copies · esc back") if open_ else tr("enter to scroll")
        )

    def close_letter(self) -> None:
        """Back to the table; what is still being read of the letter is not waited for."""
        self._open = None
        self._set_open(open_=False)
        self.workers.cancel_group(self, "history")
        self.redraw()
        self.table.focus()

    def live_as(self, created: str) -> None:
        """Have nothing that was read or marked of one stream stand for letters of the next."""
        before, self._life = self._life, created
        if before in ("", created):
            return
        self._reader.forget()
        self._selection, self._anchor = Selection(), None
        if self._open is not None:
            self.close_letter()
        told = tr("The stream of the dead letters was made anew: no mark and no open letter stays.")
        self.notify(told, severity="warning", markup=False)

    def action_secrets(self) -> None:
        """Show the secrets of the letter, or hide them again."""
        if self.pane.stored is not None:
            self._show_secrets(shown=self.pane.turn_secrets())

    @work(exclusive=True, group="secrets", exit_on_error=False)
    async def _show_secrets(self, *, shown: bool) -> None:
        pane = self.pane
        stored = pane.stored
        if stored is not None and shown and not pane.knows_secrets:
            body = await _taken_apart(stored, secrets=True)
            if pane.stored is not stored:
                return
            pane.learn_secrets(body)
        pane.grow(self.desk.clock.now())
        told = tr("Secrets are shown: m hides them.") if shown else tr("Secrets are hidden.")
        self.notify(told, markup=False)

    def to_copy(self) -> str:
        """Return the value under the cursor of the open letter, else the id of the task."""
        if self.has_class("-open"):
            return self.pane.copied()
        letters, cursor = self._reader.letters, self.table.cursor
        row = None if cursor is None else letters.row(cursor)
        return row.task_id if row is not None and row.task_id else str(cursor or "")


async def _taken_apart(stored: StoredDeadLetter, *, secrets: bool) -> list[Part]:
    """Return the lines of a letter, without holding up the keys where they are many."""
    if len(stored.body) <= LARGE_BODY:
        return body_parts(stored, secrets=secrets)
    return await asyncio.to_thread(body_parts, stored, secrets=secrets)
