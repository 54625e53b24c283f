"""What is done with dead letters, on a queue over one connection.

What an operation needs is imported when it is first asked for: neither the first figures of the
screens nor a command waits for what it does not use.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from farutech_console.operations.filter.model import ALL
from farutech_console.operations.letters.selection import no_progress

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from pathlib import Path

    from farutech_console.operations.audit.log import AuditEntry
    from farutech_console.operations.audit.notes import Note
    from farutech_console.operations.changes.edit import Draft
    from farutech_console.operations.changes.plan import Which
    from farutech_console.operations.changes.undo import UndoPlan
    from farutech_console.operations.files.transfer import Format
    from farutech_console.operations.filter.model import Filter
    from farutech_console.operations.index.letters import LetterIndex
    from farutech_console.operations.letters.browse import Groups
    from farutech_console.operations.letters.selection import ScanProgress, Selection
    from farutech_console.operations.live.kept_queue import KeptQueue
    from farutech_console.operations.model import Outcome, Page, Plan, PlanKind
    from farutech_console.operations.pace.control import Control
    from farutech_console.operations.pace.pacing import Pacing
    from worker.jetstream.dead_letters.lean import LeanLetter
    from worker.model.dead_letter import StoredDeadLetter


class LiveLetters:
    """The operations on the dead letters of a queue."""

    def __init__(self, kept: KeptQueue) -> None:
        self._kept = kept
        self._index: LetterIndex | None = None

    async def page(self, limit: int, before: int | None = None, wanted: Filter = ALL) -> Page:
        """Return the newest letters that match, at most `limit`, of sequences below `before`."""
        from farutech_console.operations.letters.browse import read_page

        return await read_page(self._kept.queue(), limit, before, wanted)

    def select(
        self, selection: Selection, progress: Callable[[ScanProgress], None] = no_progress
    ) -> AsyncGenerator[Sequence[LeanLetter], None]:
        """Yield the letters that a selection takes, as they are found."""
        from farutech_console.operations.letters.browse import read_selection

        return read_selection(self._kept.queue(), selection, progress)

    async def groups(
        self,
        selection: Selection,
        progress: Callable[[ScanProgress], None] = no_progress,
        among: int = 0,
    ) -> Groups:
        """Return the causes of the letters that a selection takes, or of the first `among`."""
        from farutech_console.operations.letters.browse import read_groups

        return await read_groups(self._kept.queue(), selection, progress, among)

    async def index(self) -> LetterIndex:
        """Return the index over the letters, which begins to be filled at the first call."""
        from farutech_console.operations.index.letters import LetterIndex

        if self._index is None:
            self._index = LetterIndex(self._kept.queue)
        return self._index

    async def export(
        self,
        selection: Selection,
        form: Format,
        target: Path,
        *,
        replace: bool = False,
        progress: Callable[[ScanProgress], None] = no_progress,
    ) -> int:
        """Write the letters of a selection to a file on this machine; return how many."""
        from farutech_console.operations.files.export_file import export_to_file

        queue = self._kept.queue()
        return await export_to_file(
            queue, selection, form, target, replace=replace, progress=progress
        )

    async def letter(self, sequence: int) -> StoredDeadLetter | None:
        """Return one letter, None where it is gone."""
        from farutech_console.operations.letters.one_letter import read_letter

        return await read_letter(self._kept.queue(), sequence)

    async def plan_replay(
        self,
        which: Which,
        pacing: Pacing | None = None,
        progress: Callable[[ScanProgress], None] = no_progress,
    ) -> Plan:
        """Plan the replay of these letters, of all that lie there now where it is None."""
        return await self._plan("replay", which, progress, pacing)

    async def plan_purge(
        self,
        which: Which,
        progress: Callable[[ScanProgress], None] = no_progress,
        *,
        hard: bool = False,
    ) -> Plan:
        """Plan the purge of these letters, of all that lie there now where it is None.

        With `hard` the archive keeps no copies.
        """
        return await self._plan("purge_hard" if hard else "purge", which, progress)

    async def run(
        self, plan: Plan, control: Control | None = None, why: str = ""
    ) -> AsyncGenerator[Outcome, None]:
        """Carry out a plan; yields an outcome for each of its letters.

        `control` holds the reins: its rate, pause, and cancel, after which the outcomes of the
        letters in hand are yielded. `why` goes into the audit.

        Raises:
            ReadOnlyError: the console may not change anything.
            StalePlanError: the stream of the letters is not the one that was planned for.
            AuditError: the audit could not be written.
            JetStreamError: the server was away for too long; letters not yielded were not touched.
        """
        from farutech_console.operations.changes.run_plan import run_plan
        from farutech_console.operations.index.runs import noted

        outcomes = noted(run_plan(self._kept.queue(), plan, control=control, why=why), self._index)
        async with aclosing(outcomes):
            async for outcome in outcomes:
                yield outcome

    def run_pages(
        self, plan: Plan, control: Control | None = None, why: str = ""
    ) -> AsyncGenerator[Sequence[Outcome], None]:
        """Carry out a plan as `run` does; yields outcomes some at a time, and keeps no index."""
        from farutech_console.operations.changes.run_plan import run_pages

        return run_pages(self._kept.queue(), plan, control=control, why=why)

    async def plan_undo(
        self, which: str = "last", progress: Callable[[ScanProgress], None] = no_progress
    ) -> UndoPlan:
        """Plan to undo a purge: the last one, or the one whose id begins with `which`."""
        from farutech_console.operations.changes.undo import plan_undo

        return await plan_undo(self._kept.queue(), which, progress)

    async def plan_purge_of_returned(
        self, entry: AuditEntry, progress: Callable[[ScanProgress], None] = no_progress
    ) -> Plan:
        """Plan the purge of the letters that an undo or an import brought back."""
        from farutech_console.operations.changes.returned import plan_purge_of_returned

        return await plan_purge_of_returned(self._kept.queue(), entry, progress)

    async def undo(
        self, plan: UndoPlan, stop: Callable[[], bool] | None = None, why: str = ""
    ) -> AsyncGenerator[Outcome, None]:
        """Bring the letters of a plan back; yields an outcome for each."""
        from farutech_console.operations.changes.undo import undo
        from farutech_console.operations.pace.control import never

        outcomes = undo(self._kept.queue(), plan, stop=stop or never, why=why)
        async with aclosing(outcomes):
            async for outcome in outcomes:
                yield outcome

    async def draft(self, sequence: int) -> Draft:
        """Return the task of a letter as text to be edited."""
        from farutech_console.operations.changes.edit import draft_of

        return await draft_of(self._kept.queue(), sequence)

    async def edit(self, draft: Draft, text: str, why: str = "") -> Outcome:
        """Replay a letter once with the task in `text`."""
        from farutech_console.operations.changes.edit import edit

        return await edit(self._kept.queue(), draft, text, why)

    async def notes(self) -> dict[str, Note]:
        """Return the notes on causes, by the key of the cause."""
        from farutech_console.operations.audit.notes import read_notes

        return await read_notes(self._kept.queue())

    async def note(self, cause: str, text: str) -> None:
        """Have this be the note of a cause; an empty text takes it away."""
        from farutech_console.operations.audit.notes import write_note

        await write_note(self._kept.queue(), cause, text)

    async def _plan(
        self,
        kind: PlanKind,
        which: Which,
        progress: Callable[[ScanProgress], None],
        pacing: Pacing | None = None,
    ) -> Plan:
        from farutech_console.operations.changes.plan import Planner

        queue = self._kept.queue()
        layout = await queue.fresh_layout()
        planner = Planner(queue.api, layout, queue.clock, progress)
        return await planner.plan(kind, which, pacing)
