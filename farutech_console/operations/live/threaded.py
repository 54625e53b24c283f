"""The operations in a thread of their own: what the terminal console works with."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from farutech_console.operations.filter.model import ALL
from farutech_console.operations.letters.selection import no_progress
from farutech_console.operations.live.loop_thread import LoopThread

if TYPE_CHECKING:
    from pathlib import Path

    from farutech_console.operations.audit.log import AuditEntry, AuditPage
    from farutech_console.operations.audit.notes import Note
    from farutech_console.operations.backend import Backend
    from farutech_console.operations.changes.edit import Draft
    from farutech_console.operations.changes.plan import Which
    from farutech_console.operations.changes.undo import UndoPlan
    from farutech_console.operations.changes.unfinished import Finished
    from farutech_console.operations.files.transfer import Format
    from farutech_console.operations.filter.model import Filter
    from farutech_console.operations.fleet.view import FleetView
    from farutech_console.operations.index.letters import LetterIndex
    from farutech_console.operations.letters.browse import Groups
    from farutech_console.operations.letters.selection import ScanProgress, Selection
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


class ThreadedBackend:
    """A `Backend` that does what it is asked on another loop, in a thread.

    `make` returns the backend that does it. It is called in the thread when this one is entered,
    so that reading settings and importing NATS delay no first paint; what it raises, entering
    raises. Before that there are no names to ask for.
    """

    def __init__(self, make: Callable[[], Backend]) -> None:
        self._thread = LoopThread(make, "operations")
        self._backend: Backend

    async def __aenter__(self) -> Self:
        """Make the backend; it connects in the background."""
        self._backend = await self._thread.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection and end the thread."""
        await self._thread.close()

    # These are read from this thread: the values are replaced there, never changed.

    @property
    def names(self) -> QueueNames:
        """The queue's names on the server."""
        return self._backend.names

    @property
    def read_only(self) -> bool:
        """Whether replay and purge are refused."""
        return self._backend.read_only

    def link(self) -> LinkState:
        """Return the state of the connection; never waits."""
        return self._backend.link()

    def drain_events(self) -> Sequence[TaskEvent]:
        """Return the task events seen since the last call, oldest first; never waits."""
        return self._backend.drain_events()

    def feed_counts(self) -> FeedCounts:
        """Return what the live feed counted so far; never waits."""
        return self._backend.feed_counts()

    # These are done there.

    async def status(self) -> QueueStatus:
        """Ask the server for everything the overview shows."""
        return await self._thread.call(lambda backend: backend.status())

    async def page(self, limit: int, before: int | None = None, wanted: Filter = ALL) -> Page:
        """Return the newest letters that match, at most `limit`, of sequences below `before`."""
        return await self._thread.call(lambda backend: backend.page(limit, before, wanted))

    def select(
        self, selection: Selection, progress: Callable[[ScanProgress], None] = no_progress
    ) -> AsyncGenerator[Sequence[LeanLetter], None]:
        """Yield the letters that a selection takes; never waits for who takes them."""
        return self._thread.iterate(lambda backend: backend.select(selection, progress))

    async def groups(
        self,
        selection: Selection,
        progress: Callable[[ScanProgress], None] = no_progress,
        among: int = 0,
    ) -> Groups:
        """Return the causes of the letters that a selection takes."""
        return await self._thread.call(lambda backend: backend.groups(selection, progress, among))

    async def index(self) -> LetterIndex | None:
        """Return the index over the letters; it is filled in the thread, and asked from here."""
        return await self._thread.call(lambda backend: backend.index())

    async def export(
        self,
        selection: Selection,
        form: Format,
        target: Path,
        *,
        replace: bool = False,
        progress: Callable[[ScanProgress], None] = no_progress,
    ) -> int:
        """Write the letters of a selection to a file; `progress` is called in the thread."""
        return await self._thread.call(
            lambda backend: backend.export(
                selection, form, target, replace=replace, progress=progress
            )
        )

    async def letter(self, sequence: int) -> StoredDeadLetter | None:
        """Return one letter, None where it is gone."""
        return await self._thread.call(lambda backend: backend.letter(sequence))

    async def plan_replay(
        self,
        which: Which,
        pacing: Pacing | None = None,
        progress: Callable[[ScanProgress], None] = no_progress,
    ) -> Plan:
        """Plan the replay of letters; `progress` is called in the thread."""
        return await self._thread.call(lambda backend: backend.plan_replay(which, pacing, progress))

    async def plan_purge(
        self, which: Which, progress: Callable[[ScanProgress], None] = no_progress
    ) -> Plan:
        """Plan the purge of letters; `progress` is called in the thread."""
        return await self._thread.call(lambda backend: backend.plan_purge(which, progress))

    async def audit(self, limit: int, before: int | None = None) -> AuditPage:
        """Return the latest changes, at most `limit`, of places in the audit below `before`."""
        return await self._thread.call(lambda backend: backend.audit(limit, before))

    async def story(self, task_id: str) -> TaskStory:
        """Return all that the server knows of a task; reads queue and letters through."""
        return await self._thread.call(lambda backend: backend.story(task_id))

    async def tenant_tasks(self, tenant_id: str, limit: int) -> tuple[TaskSummary, ...]:
        """Return the tasks of a tenant, the latest first; reads as much as `story`."""
        return await self._thread.call(lambda backend: backend.tenant_tasks(tenant_id, limit))

    async def stuck(self, candidates: int) -> StuckView:
        """Return the tasks that are stuck for sure, and at most so many that may be."""
        return await self._thread.call(lambda backend: backend.stuck(candidates))

    async def fleet(self) -> FleetView:
        """Ask all workers, and listen for the pulls of others: takes about half a second."""
        return await self._thread.call(lambda backend: backend.fleet())

    async def pause(self, seconds: float, why: str = "") -> Pause:
        """Stop deliveries for so many seconds."""
        return await self._thread.call(lambda backend: backend.pause(seconds, why))

    async def resume(self, why: str = "") -> Pause:
        """Have deliveries go on."""
        return await self._thread.call(lambda backend: backend.resume(why))

    async def plan_undo(
        self, which: str = "last", progress: Callable[[ScanProgress], None] = no_progress
    ) -> UndoPlan:
        """Plan to undo a purge; `progress` is called in the thread."""
        return await self._thread.call(lambda backend: backend.plan_undo(which, progress))

    async def plan_purge_of_returned(
        self, entry: AuditEntry, progress: Callable[[ScanProgress], None] = no_progress
    ) -> Plan:
        """Plan the purge of what came back; `progress` is called in the thread."""
        return await self._thread.call(
            lambda backend: backend.plan_purge_of_returned(entry, progress)
        )

    def undo(
        self, plan: UndoPlan, stop: Callable[[], bool] | None = None, why: str = ""
    ) -> AsyncGenerator[Outcome, None]:
        """Bring the letters of a plan back; `stop` is asked in the thread."""
        return self._thread.iterate(lambda backend: backend.undo(plan, stop, why))

    async def draft(self, sequence: int) -> Draft:
        """Return the task of a letter as text to be edited."""
        return await self._thread.call(lambda backend: backend.draft(sequence))

    async def edit(self, draft: Draft, text: str, why: str = "") -> Outcome:
        """Replay a letter once with the task in `text`."""
        return await self._thread.call(lambda backend: backend.edit(draft, text, why))

    async def notes(self) -> dict[str, Note]:
        """Return the notes on causes, by the key of the cause."""
        return await self._thread.call(lambda backend: backend.notes())

    async def note(self, cause: str, text: str) -> None:
        """Have this be the note of a cause; an empty text takes it away."""
        await self._thread.call(lambda backend: backend.note(cause, text))

    async def finish_interrupted(self) -> Finished:
        """Finish what killed consoles left between two steps."""
        return await self._thread.call(lambda backend: backend.finish_interrupted())

    def run(
        self, plan: Plan, control: Control | None = None, why: str = ""
    ) -> AsyncGenerator[Outcome, None]:
        """Carry out a plan; yields an outcome for each letter, and never waits for who takes it."""
        return self._thread.iterate(lambda backend: backend.run(plan, control, why))
