"""The operations on a real server: one connection, found in the background and kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Self

from farutech_console.operations.audit_log import AuditPage, audit_page
from farutech_console.operations.browse import Groups, read_groups, read_page, read_selection
from farutech_console.operations.edit import Draft, draft_of, edit
from farutech_console.operations.export_file import export_to_file
from farutech_console.operations.feed import LiveFeed
from farutech_console.operations.filter.model import ALL, Filter
from farutech_console.operations.fleet import FleetWatch
from farutech_console.operations.fleet_view import FleetView
from farutech_console.operations.index.letters import LetterIndex
from farutech_console.operations.index.runs import noted
from farutech_console.operations.link import Link
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
from farutech_console.operations.pause import pause_for, resume
from farutech_console.operations.plan import Planner, Which
from farutech_console.operations.queue import Queue, operator_here
from farutech_console.operations.run_plan import run_plan
from farutech_console.operations.selection import ScanProgress, Selection, no_progress
from farutech_console.operations.status import ask_status
from farutech_console.operations.story import task_story, tenant_tasks
from farutech_console.operations.story_view import TaskStory, TaskSummary
from farutech_console.operations.stuck import find_stuck
from farutech_console.operations.stuck_view import StuckView
from farutech_console.operations.task_names import TaskNames, TaskSource
from farutech_console.operations.transfer import Format
from farutech_console.operations.undo import UndoPlan, plan_undo, undo
from farutech_console.operations.unfinished import Finished, finish_interrupted
from farutech_console.operations.velocity import Control, Pacing, never
from worker.jetstream.api import Api
from worker.jetstream.connection import Connection, connect, shown_url
from worker.jetstream.dead_letters_lean import LeanLetter
from worker.jetstream.errors import JetStreamError, RefusedError, UnreachableError
from worker.jetstream.feed import overhear
from worker.jetstream.info import stream_state
from worker.jetstream.messages import message_at, next_message
from worker.model.clock import Clock, SystemClock
from worker.model.dead_letter import StoredDeadLetter
from worker.model.link import ConnectionOptions, LinkChange
from worker.model.names import QueueNames
from worker.model.state import Pause

AGAIN_S = 3.0
"""Seconds from where a connection was given up, refused for instance, to the next try."""


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
        self._options = options
        self._names = names
        self._read_only = read_only
        self._listen = listen
        self._clock = clock or SystemClock()
        self._link = Link(self._clock)
        self._task_names = TaskNames()
        self._feed = LiveFeed(self._clock, self._task_names)
        self._fleet = FleetWatch()
        self._index: LetterIndex | None = None
        self._found: asyncio.Future[Queue]
        self._keeping: asyncio.Task[None]
        self._closed: asyncio.Event

    async def __aenter__(self) -> Self:
        """Begin to connect; returns at once."""
        self._found = asyncio.get_running_loop().create_future()
        self._closed = asyncio.Event()
        self._keeping = asyncio.create_task(self._keep())
        self._keeping.add_done_callback(self._ended)
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
        self._keeping.cancel()
        await asyncio.wait((self._keeping,))
        self._found.cancel()

    @property
    def names(self) -> QueueNames:
        """The queue's names on the server."""
        return self._names

    @property
    def read_only(self) -> bool:
        """Whether replay and purge are refused."""
        return self._read_only

    def link(self) -> LinkState:
        """Return the state of the connection; never waits."""
        return self._link.state

    async def connected(self, within: float) -> None:
        """Wait until a server answers.

        Raises:
            UnreachableError: none did within `within` seconds.
            RefusedError: it would not let us in.
        """
        done, _ = await asyncio.wait((self._found,), timeout=within)
        if not done:
            raise self._unreachable()
        await self._found

    def queue(self) -> Queue:
        """Return the handle that operations are given.

        Raises:
            UnreachableError: no server answers at the moment.
            RefusedError: it would not let us in.
        """
        if not self._found.done():
            raise self._unreachable()
        queue = self._found.result()
        if not self._link.state.connected:
            raise self._unreachable()
        return queue

    async def status(self) -> QueueStatus:
        """Ask the server for everything the overview shows."""
        return await ask_status(self.queue().api, self._names, self._clock)

    def drain_events(self) -> Sequence[TaskEvent]:
        """Return the task events seen since the last call, oldest first; never waits."""
        return self._feed.drain()

    def feed_counts(self) -> FeedCounts:
        """Return what the live feed counted so far; never waits."""
        return self._feed.counts()

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

    def _unreachable(self) -> UnreachableError:
        where = ", ".join(shown_url(url) for url in self._options.servers)
        why = self._link.state.detail
        return UnreachableError(f"no NATS server answers at {where} ({why})")

    async def _keep(self) -> None:
        """Hold a connection, and a new one wherever that is at its end, until cancelled."""
        while True:
            self._closed.clear()
            try:
                async with connect(self._options, listener=self._changed) as connection:
                    self._have(self._handle(connection))
                    await self._listen_on(connection)
            except JetStreamError as error:
                self._give_up(error)
            await asyncio.sleep(AGAIN_S)

    def _changed(self, change: LinkChange) -> None:
        self._link.on_change(change)
        if change.event == "closed":
            self._closed.set()

    async def _listen_on(self, connection: Connection) -> None:
        """Listen where that is wanted, until the connection is closed for good."""
        if not self._listen:
            await self._closed.wait()
            return
        async with overhear(connection, self._names, self._feed.hear, self._link.deaf_to):
            following = asyncio.create_task(
                self._task_names.follow(self._task_source(connection.api))
            )
            closed = asyncio.create_task(self._closed.wait())
            try:
                await asyncio.wait((following, closed), return_when=asyncio.FIRST_COMPLETED)
                if following.done():
                    following.result()
            finally:
                following.cancel()
                closed.cancel()
                await asyncio.wait((following, closed))

    def _handle(self, connection: Connection) -> Queue:
        operator = operator_here()
        return Queue(
            connection, self._names, self._clock, operator=operator, read_only=self._read_only
        )

    def _have(self, queue: Queue) -> None:
        if self._found.done():
            self._found = asyncio.get_running_loop().create_future()
        self._found.set_result(queue)

    def _ended(self, keeping: asyncio.Task[None]) -> None:
        """Show a fault that ended the connection, rather than wait for a server for ever."""
        if not keeping.cancelled() and (fault := keeping.exception()) is not None:
            self._give_up(fault)

    def _give_up(self, why: BaseException) -> None:
        text = str(why) or type(why).__name__
        self._link.failed(text, refused=isinstance(why, RefusedError))
        if self._found.done():
            return
        self._found.set_exception(why)
        self._found.exception()  # It is told to whoever asks next; that nobody may is no fault.

    def _task_source(self, api: Api) -> TaskSource:
        stream, tasks = self._names.stream, self._names.tasks

        async def last() -> int:
            return (await stream_state(api, stream)).last_sequence

        return TaskSource(
            at=lambda sequence: message_at(api, stream, sequence),
            after=lambda sequence: next_message(api, stream, tasks, sequence),
            last=last,
        )
