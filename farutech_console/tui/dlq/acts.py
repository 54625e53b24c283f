"""Marking dead letters, and what can be done to those or to the one under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from farutech_console.language import tr, trn
from farutech_console.operations.causes.causes import cause_of
from farutech_console.operations.letters.selection import Selection as Chosen
from farutech_console.operations.pace.pacing import Pacing, Rate
from farutech_console.operations.units import count
from farutech_console.tui.common.confirm import dialog_for
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.messages import RunRequested
from farutech_console.tui.common.patience import StoppedWaitingError, seen_through
from farutech_console.tui.common.room import Desk, Room
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.undo import bring_back
from farutech_console.tui.dlq.editing import edit_and_replay
from farutech_console.tui.dlq.exporting import Export
from farutech_console.tui.dlq.noting import write_note
from farutech_console.tui.dlq.reader import Reader
from farutech_console.tui.dlq.selection import Selection
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.causes.causes import Cause
    from farutech_console.operations.model import PlanKind

CAREFUL = Pacing(rate=Rate(50), canary=True, stop_share=0.2)
"""One letter first, and an end once more than a fifth came back dead.

At full speed all would be sent before the first could come back.
"""


class LetterActs(Room):
    """A room with letters that can be replayed, edited, purged, exported, and noted upon.

    All but an export changes something on the server, and is shown first.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._reader = Reader(desk.backend)
        self._selection = Selection()
        self._anchor: int | None = None

    def redraw(self) -> None:
        """Draw what is read and what is marked."""
        raise NotImplementedError

    def look_again(self) -> None:
        """Read again, whether or not something changed."""
        raise NotImplementedError

    @property
    def table(self) -> VirtualTable:
        """The letters."""
        return self.query_one("#table", VirtualTable)

    @property
    def chosen(self) -> int | None:
        """The letter that is meant where none is marked."""
        raise NotImplementedError

    def _meant(self) -> int | None:
        """Return the letter that is meant; where there is none, say so."""
        if self.chosen is None:
            self.notify(tr("There is no letter here."), severity="warning", markup=False)
        return self.chosen

    def action_mark(self) -> None:
        """Turn the mark of the letter under the cursor, and go on to the next."""
        cursor = self.table.cursor
        if cursor is not None:
            self._selection, self._anchor = self._selection.toggled(cursor), cursor
            self.table.action_cursor_down()
            self.redraw()

    def action_mark_range(self) -> None:
        """Mark the letters from the last that was marked, or from the top, to the cursor."""
        cursor, letters = self.table.cursor, self._reader.letters
        if cursor is not None:
            begin = letters.sequence_at(0) if self._anchor is None else self._anchor
            between = letters.between(cursor if begin is None else begin, cursor)
            self._selection, self._anchor = self._selection.added(between), cursor
            self.redraw()

    def action_extend(self, by: int) -> None:
        """Mark the letter under the cursor, and the next in this direction."""
        before = self.table.cursor
        if before is not None:
            (self.table.action_cursor_down if by > 0 else self.table.action_cursor_up)()
            after = self.table.cursor
            self._selection = self._selection.added([before, before if after is None else after])
            self._anchor = after
            self.redraw()

    def action_mark_all(self) -> None:
        """Mark all that lie there now, or take all marks off."""
        letters = self._reader.letters
        newest = letters.newest
        if self._selection.up_to is not None or newest is None:
            self._selection = Selection()
        else:
            there = len(letters) if self._reader.wanted else letters.depth
            lay = 0 if self._reader.wanted and letters.is_partial else there
            self._selection = Selection(up_to=newest, lay=lay)
        self.redraw()

    def action_replay(self) -> None:
        """Send again, after a preview."""
        self.replay_at(None)

    def replay_at(self, rate: Rate | None) -> None:
        """Send again at a rate, None for as fast as it goes, after a preview."""
        self._ask("replay", Pacing(rate=rate))

    def action_canary(self) -> None:
        """Send one first, and the others once it ended well, after a preview."""
        self._ask("replay", CAREFUL)

    def action_purge(self) -> None:
        """Delete, after a preview."""
        self._ask("purge")

    @work(exclusive=True, group="plan", exit_on_error=False)
    async def _ask(self, kind: PlanKind, pacing: Pacing | None = None) -> None:
        if self.running:
            told = tr("Another run is under way: wait for it to end.")
            self.notify(told, severity="warning", markup=False)
            return
        if not self._selection and self._meant() is None:
            return
        selection, chosen = self._selection, self.chosen
        title = tr("Replay: its plan") if kind == "replay" else tr("Purge: its plan")
        try:
            plan = await seen_through(
                self,
                title,
                lambda tell: self._reader.plan(kind, selection, chosen, pacing, tell),
            )
        except StoppedWaitingError:
            return
        except expected() as error:
            self.notify(literal(in_words(error)), severity="error", markup=False)
            return
        dialog = dialog_for(plan, self.desk, self._reader.letters.depth)
        confirmed = await self.app.push_screen_wait(dialog)
        if confirmed is not None:
            self._selection = Selection()
            self.post_message(RunRequested(confirmed))
            self.redraw()

    @work(exclusive=True, group="plan", exit_on_error=False)
    async def action_edit(self) -> None:
        """Edit the task of the letter under the cursor, and replay it so."""
        cursor = self._meant()
        if cursor is not None and await edit_and_replay(self, cursor):
            self.look_again()

    @work(exclusive=True, group="plan", exit_on_error=False)
    async def action_undo(self) -> None:
        """Bring back what the last purge took, after a preview."""
        if await bring_back(self):
            self.look_again()

    @work(exclusive=True, group="plan", exit_on_error=False)
    async def action_export(self) -> None:
        """Write the marked letters, or the one under the cursor, to a file."""
        selection, cursor = self._selection, self.chosen
        if not selection and self._meant() is None:
            return
        if selection:
            wanted = self._reader.wanted
            known = self._reader.letters
            marked = selection.count(len(known) if wanted else known.depth)
            what = trn("the marked one", "the {n} marked", marked, n=count(marked))
            if selection.up_to is not None and wanted:
                asked = literal(str(wanted), 200)
                what = tr("all that are like {filter}, those unmarked left out", filter=asked)
            chosen = Chosen(filter=selection.among(wanted))
        else:
            what = tr("the one under the cursor, seq {n}", n=cursor)
            chosen = Chosen(sequences=(cursor,)) if cursor is not None else Chosen()
        done = await self.app.push_screen_wait(Export(self.desk, chosen, what))
        if done is not None:
            self.notify(done, markup=False)

    @work(exclusive=True, group="plan", exit_on_error=False)
    async def action_note(self) -> None:
        """Write the note on what the letter under the cursor died of."""
        cause = await self.noted_cause()
        if cause is not None and await write_note(self.app, self.desk, cause):
            self.look_again()

    async def noted_cause(self) -> Cause | None:
        """Return the cause that a note would be on: what the letter under the cursor died of."""
        cursor = self._meant()
        if cursor is None:
            return None
        try:
            stored = await self.desk.backend.letter(cursor)
        except expected() as error:
            self.notify(literal(in_words(error)), severity="error", markup=False)
            return None
        return cause_of(stored.error_type, stored.error) if stored else None
