"""The operations on a real server: one connection, found in the background and kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Self

from farutech_console.operations.audit_log import AuditPage, audit_page
from farutech_console.operations.browse import Groups, read_groups, read_page, read_selection
from farutech_console.operations.control import Control, never
from farutech_console.operations.edit import Draft, draft_of, edit
from farutech_console.operations.export_file import export_to_file
from farutech_console.operations.filter.model import ALL, Filter
from farutech_console.operations.fleet import FleetWatch
from farutech_console.operations.fleet_view import FleetView
from farutech_console.operations.index.letters import LetterIndex
from farutech_console.operations.index.runs import noted
from farutech_console.operations.kept_queue import KeptQueue
from farutech_console.operations.model import (
    FeedCounts,
    LinkState,
    Outcome,
    Page,
    Plan,
    PlanKind,
    QueueStatus,
    TaskEvent,
)
from farutech_console.operations.notes import Note, read_notes, write_note
from farutech_console.operations.one_letter import read_letter
from farutech_console.operations.overhearing import Overhearing
from farutech_console.operations.pacing import Pacing
from farutech_console.operations.pause import pause_for, resume
from farutech_console.operations.plan import Planner, Which
from farutech_console.operations.queue import Queue
from farutech_console.operations.run_plan import run_plan
from farutech_console.operations.selection import ScanProgress, Selection, no_progress
from farutech_console.operations.status import ask_status
from farutech_console.operations.story import task_story, tenant_tasks
from farutech_console.operations.story_view import TaskStory, TaskSummary
from farutech_console.operations.stuck import find_stuck
from farutech_console.operations.stuck_view import StuckView
from farutech_console.operations.transfer import Format
from farutech_console.operations.undo import UndoPlan, plan_undo, undo
from farutech_console.operations.unfinished import Finished, finish_interrupted
from worker.jetstream.connection import Connection
from worker.jetstream.dead_letters_lean import LeanLetter
from worker.model.clock import Clock, SystemClock
from worker.model.dead_letter import StoredDeadLetter
from worker.model.link import ConnectionOptions
from worker.model.names import QueueNames
from worker.model.state import Pause


class LiveBackend:
    """A `Backend` over one connection. With `listen` it hears task events too."""

    def __init__(
        self,
        options: ConnectionOptions,
        names: QueueNames,
        *,
        read_only: bool = False,
        listen: bool = True,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or SystemClock()
        self._overhearing = Overhearing(names, clock)
        self._kept = KeptQueue(
            options, names, clock, self._hear if listen else None, read_only=read_only
        )
        self._fleet = FleetWatch()
        self._index: LetterIndex | None = None

    async def __aenter__(self) -> Self:
        """Begin to connect; returns at once."""
        self._kept.begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Throw the index away, and close the connection."""
        if self._index is not None:
            await self._index.close()
        await self._kept.end()

    @property
    def names(self) -> QueueNames:
        """The queue's names on the server."""
        return self._kept.names

    @property
    def read_only(self) -> bool:
        """Whether replay and purge are refused."""
        return self._kept.read_only

    def link(self) -> LinkState:
        """Return the state of the connection; never waits."""
        return self._kept.link.state

    async def connected(self, within: float) -> None:
        """Wait until a server answers.

        Raises:
            UnreachableError: none did within `within` seconds.
            RefusedError: it would not let us in.
        """
        await self._kept.connected(within)

    def queue(self) -> Queue:
        """Return the handle that operations are given.

        Raises:
            UnreachableError: no server answers at the moment.
            RefusedError: it would not let us in.
        """
        return self._kept.queue()

    async def status(self) -> QueueStatus:
        """Ask the server for everything the overview shows."""
        queue = self.queue()
        return await ask_status(queue.api, queue.names, queue.clock)

    def drain_events(self) -> Sequence[TaskEvent]:
        """Return the task events seen since the last call, oldest first; never waits."""
        return self._overhearing.drain()

    def feed_counts(self) -> FeedCounts:
        """Return what the live feed counted so far; never waits."""
        return self._overhearing.counts()

    async def page(self, limit: int, before: int | None = None, wanted: Filter = ALL) -> Page:
        """Return the newest letters that match, at most `limit`, of sequences below `before`."""
        return await read_page(self.queue(), limit, before, wanted)

    def select(
        self, selection: Selection, progress: Callable[[ScanProgress], None] = no_progress
    ) -> AsyncGenerator[Sequence[LeanLetter], None]:
        """Yield the letters that a selection takes, as they are found."""
        return read_selection(self.queue(), selection, progress)

    async def groups(
        self, selection: Selection, progress: Callable[[ScanProgress], None] = no_progress
    ) -> Groups:
        """Return the causes of the letters that a selection takes; reads all of them."""
        return await read_groups(self.queue(), selection, progress)

    async def index(self) -> LetterIndex:
        """Return the index over the letters, which begins to be filled at the first call."""
        if self._index is None:
            self._index = LetterIndex(self.queue)
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
        queue = self.queue()
        return await export_to_file(
            queue, selection, form, target, replace=replace, progress=progress
        )

    async def letter(self, sequence: int) -> StoredDeadLetter | None:
        """Return one letter, None where it is gone."""
        return await read_letter(self.queue(), sequence)

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

    async def audit(self, limit: int, before: int | None = None) -> AuditPage:
        """Return the latest changes, at most `limit`, of places in the audit below `before`."""
        return await audit_page(self.queue(), limit, before)

    async def story(self, task_id: str) -> TaskStory:
        """Return all that the server knows of a task; reads queue and letters through."""
        return await task_story(self.queue(), task_id)

    async def tenant_tasks(self, tenant_id: str, limit: int) -> tuple[TaskSummary, ...]:
        """Return the tasks of a tenant, the latest first; reads as much as `story`."""
        return await tenant_tasks(self.queue(), tenant_id, limit)

    async def stuck(self, candidates: int) -> StuckView:
        """Return the tasks that are stuck for sure, and at most so many that may be."""
        return await find_stuck(self.queue(), candidates)

    async def fleet(self) -> FleetView:
        """Ask all workers, and listen for the pulls of others; remembers who was there before."""
        return await self._fleet.look(self.queue())

    async def pause(self, seconds: float, why: str = "") -> Pause:
        """Stop deliveries for so many seconds; a pause there is replaced."""
        return await pause_for(self.queue(), seconds, why)

    async def resume(self, why: str = "") -> Pause:
        """Have deliveries go on."""
        return await resume(self.queue(), why)

    async def plan_undo(self, which: str = "last") -> UndoPlan:
        """Plan to undo a purge: the last one, or the one whose id begins with `which`."""
        return await plan_undo(self.queue(), which)

    async def undo(
        self, plan: UndoPlan, stop: Callable[[], bool] | None = None, why: str = ""
    ) -> AsyncGenerator[Outcome, None]:
        """Bring the letters of a plan back; yields an outcome for each."""
        outcomes = undo(self.queue(), plan, stop=stop or never, why=why)
        async with aclosing(outcomes):
            async for outcome in outcomes:
                yield outcome

    async def draft(self, sequence: int) -> Draft:
        """Return the task of a letter as text to be edited."""
        return await draft_of(self.queue(), sequence)

    async def edit(self, draft: Draft, text: str, why: str = "") -> Outcome:
        """Replay a letter once with the task in `text`."""
        return await edit(self.queue(), draft, text, why)

    async def notes(self) -> dict[str, Note]:
        """Return the notes on causes, by the key of the cause."""
        return await read_notes(self.queue())

    async def note(self, cause: str, text: str) -> None:
        """Have this be the note of a cause; an empty text takes it away."""
        await write_note(self.queue(), cause, text)

    async def finish_interrupted(self) -> Finished:
        """Finish what killed consoles left between two steps."""
        return await finish_interrupted(self.queue())

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
        outcomes = noted(run_plan(self.queue(), plan, control=control, why=why), self._index)
        async with aclosing(outcomes):
            async for outcome in outcomes:
                yield outcome

    async def _plan(
        self,
        kind: PlanKind,
        which: Which,
        progress: Callable[[ScanProgress], None],
        pacing: Pacing | None = None,
    ) -> Plan:
        queue = self.queue()
        layout = await queue.fresh_layout()
        planner = Planner(queue.api, layout, queue.clock, progress)
        return await planner.plan(kind, which, pacing)

    async def _hear(self, connection: Connection) -> None:
        await self._overhearing.listen(connection, self._kept.link.deaf_to)
