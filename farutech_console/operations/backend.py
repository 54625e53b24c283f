"""What a screen may ask: the operations on one work queue, as the TUI is given them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from farutech_console.operations.audit.log import AuditEntry, AuditPage
from farutech_console.operations.audit.notes import Note
from farutech_console.operations.changes.edit import Draft
from farutech_console.operations.changes.plan import Which
from farutech_console.operations.changes.undo import UndoPlan
from farutech_console.operations.changes.unfinished import Finished
from farutech_console.operations.files.transfer import Format
from farutech_console.operations.filter.model import ALL, Filter
from farutech_console.operations.fleet.view import FleetView
from farutech_console.operations.index.letters import LetterIndex
from farutech_console.operations.letters.browse import Groups
from farutech_console.operations.letters.selection import ScanProgress, Selection, no_progress
from farutech_console.operations.model import (
    FeedCounts,
    LinkState,
    Outcome,
    Page,
    Plan,
    QueueStatus,
    TaskEvent,
)
from farutech_console.operations.pace.control import Control
from farutech_console.operations.pace.pacing import Pacing
from farutech_console.operations.story.view import TaskStory, TaskSummary
from farutech_console.operations.stuck.view import StuckView
from worker.jetstream.dead_letters.lean import LeanLetter
from worker.model.dead_letter import StoredDeadLetter
from worker.model.names import QueueNames
from worker.model.state import Pause


class Backend(Protocol):
    """The operations on one work queue. Every call may raise `JetStreamError` or `NoQueueError`.

    A backend is used inside `async with`: entering returns at once and connects in the background,
    for as long as it takes; leaving closes the connection.
    """

    async def __aenter__(self) -> Self:
        """Begin to connect; returns at once."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""

    @property
    def names(self) -> QueueNames:
        """The queue's names on the server."""

    @property
    def read_only(self) -> bool:
        """Whether replay and purge are refused."""

    def link(self) -> LinkState:
        """Return the state of the connection; never waits."""

    async def status(self) -> QueueStatus:
        """Ask the server for everything the overview shows."""

    def drain_events(self) -> Sequence[TaskEvent]:
        """Return the task events seen since the last call, oldest first; never waits."""

    def feed_counts(self) -> FeedCounts:
        """Return what the live feed counted so far; never waits."""

    async def page(self, limit: int, before: int | None = None, wanted: Filter = ALL) -> Page:
        """Return the newest letters that match, at most `limit`, of sequences below `before`.

        The page's depth is that of all letters. Where few match, very many are read: cancel it.
        """

    def select(
        self, selection: Selection, progress: Callable[[ScanProgress], None] = no_progress
    ) -> AsyncIterator[Sequence[LeanLetter]]:
        """Yield the letters that a selection takes, some at a time, as they are found.

        `progress` is called after each few hundred, perhaps in another thread; closing the iterator
        ends the reading.
        """

    async def groups(
        self,
        selection: Selection,
        progress: Callable[[ScanProgress], None] = no_progress,
        among: int = 0,
    ) -> Groups:
        """Return the causes of the letters that a selection takes; reads all of them once.

        Ends after about `among` letters, whether they match or not, unless that is 0. `progress`
        is called as by `select`.
        """

    async def index(self) -> LetterIndex | None:
        """Return the index over the letters, which begins to be filled at the first call.

        None where this backend keeps none.
        """

    async def export(
        self,
        selection: Selection,
        form: Format,
        target: Path,
        *,
        replace: bool = False,
        progress: Callable[[ScanProgress], None] = no_progress,
    ) -> int:
        """Write the letters of a selection to a file on this machine; return how many.

        It is there only once it is whole; cancelled there is none. `progress` is called as by
        `select`.

        Raises:
            FileThereError: there is one already, and it is not to be replaced.
            FileError: it cannot be written.
        """

    async def letter(self, sequence: int) -> StoredDeadLetter | None:
        """Return one letter, None where it is gone."""

    async def plan_replay(
        self,
        which: Which,
        pacing: Pacing | None = None,
        progress: Callable[[ScanProgress], None] = no_progress,
    ) -> Plan:
        """Plan the replay of these letters, of all that lie there now where it is None.

        They are read through, half a minute a million: `progress` is called as by `select`.
        """

    async def plan_purge(
        self, which: Which, progress: Callable[[ScanProgress], None] = no_progress
    ) -> Plan:
        """Plan the purge of these letters, as `plan_replay` plans."""

    async def audit(self, limit: int, before: int | None = None) -> AuditPage:
        """Return the latest changes, at most `limit`, of places in the audit below `before`."""

    async def story(self, task_id: str) -> TaskStory:
        """Return all that the server knows of a task.

        Work queue and dead letters are read through, half a minute a million: cancel it.
        """

    async def tenant_tasks(self, tenant_id: str, limit: int) -> tuple[TaskSummary, ...]:
        """Return the tasks of a tenant, the latest first; reads as much as `story`."""

    async def stuck(self, candidates: int) -> StuckView:
        """Return the tasks that are stuck for sure, and at most so many that may be.

        Where something is stuck, all that the server told of spent deliveries is read.
        """

    async def fleet(self) -> FleetView:
        """Ask all workers, and listen for the pulls of others: takes about half a second.

        Remembers who was there before, so that the silent are marked.
        """

    async def pause(self, seconds: float, why: str = "") -> Pause:
        """Stop deliveries for so many seconds, from 1 to 7 days; a pause there is replaced.

        Raises:
            PauseTooLongError: not within that.
            UnsupportedError: the server is older than 2.11.
            ReadOnlyError: the console may not change anything.
            AuditError: the audit could not be written; nothing was changed.
        """

    async def resume(self, why: str = "") -> Pause:
        """Have deliveries go on. Raises what `pause` raises."""

    async def plan_undo(
        self, which: str = "last", progress: Callable[[ScanProgress], None] = no_progress
    ) -> UndoPlan:
        """Plan to undo a purge: the last one, or the one whose id begins with `which`.

        The archive is read through since then: `progress` is called as by `select`.

        Raises:
            NothingToUndoError: there is none, or nothing is left of it.
        """

    async def plan_purge_of_returned(
        self, entry: AuditEntry, progress: Callable[[ScanProgress], None] = no_progress
    ) -> Plan:
        """Plan the purge of the letters that an undo or an import brought back.

        They are searched, and then read: `progress` is told of one after the other.

        Raises:
            NothingToUndoError: none of them lie there any more.
        """

    def undo(
        self, plan: UndoPlan, stop: Callable[[], bool] | None = None, why: str = ""
    ) -> AsyncIterator[Outcome]:
        """Bring the letters of a plan back; yields an outcome for each. Raises what `run` raises.

        `stop` is asked before each few thousand, on the backend's thread.
        """

    async def draft(self, sequence: int) -> Draft:
        """Return the task of a letter as text to be edited.

        Raises:
            NotEditableError: there is no such letter, or nothing in it to edit.
        """

    async def edit(self, draft: Draft, text: str, why: str = "") -> Outcome:
        """Replay a letter once with the task in `text`; `read_edited` checks it before.

        Raises:
            InvalidEditError: there is no task in it.
            StalePlanError: the letter is gone, or another.
        """

    async def notes(self) -> dict[str, Note]:
        """Return the notes on causes, by the key of the cause."""

    async def note(self, cause: str, text: str) -> None:
        """Have this be the note of a cause; an empty text takes it away.

        Raises:
            NoteError: it is too long, or there can be no such cause.
        """

    async def finish_interrupted(self) -> Finished:
        """Finish what killed consoles left between two steps; see `operations.unfinished`.

        Raises:
            ReadOnlyError: the console may not change anything.
        """

    def run(
        self, plan: Plan, control: Control | None = None, why: str = ""
    ) -> AsyncIterator[Outcome]:
        """Carry out a plan; yields an outcome for each of its letters.

        `control` holds the reins: its verbs may be called from any thread, and its `progress` says
        what the run stands at. `why` goes into the audit.

        Raises:
            ReadOnlyError: the console may not change anything.
        """
