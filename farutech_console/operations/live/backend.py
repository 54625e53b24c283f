"""The operations on a real server: one connection, found in the background and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from farutech_console.operations.live.kept_queue import KeptQueue
from farutech_console.operations.live.letters import LiveLetters
from farutech_console.operations.live.overhearing import Overhearing
from farutech_console.operations.watch.status import ask_status
from worker.model.clock import Clock, SystemClock

# As with letters: the rest is imported when it is first asked for.
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from farutech_console.operations.audit.log import AuditPage
    from farutech_console.operations.changes.unfinished import Finished
    from farutech_console.operations.fleet.view import FleetView
    from farutech_console.operations.fleet.workers import FleetWatch
    from farutech_console.operations.model import FeedCounts, LinkState, QueueStatus, TaskEvent
    from farutech_console.operations.queue import Queue
    from farutech_console.operations.story.view import TaskStory, TaskSummary
    from farutech_console.operations.stuck.view import StuckView
    from worker.jetstream.connect.connection import Connection
    from worker.jetstream.stuck.finder import StuckFinder
    from worker.model.link import ConnectionOptions
    from worker.model.names import QueueNames
    from worker.model.state import Pause


class LiveBackend(LiveLetters):
    """A `Backend` over one connection. With `listen` it hears task events too.

    `operator` is who is on record for what is changed, by default who sits here.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        names: QueueNames,
        *,
        read_only: bool = False,
        listen: bool = True,
        clock: Clock | None = None,
        operator: str = "",
    ) -> None:
        clock = clock or SystemClock()
        self._overhearing = Overhearing(names, clock)
        along = self._hear if listen else None
        kept = KeptQueue(options, names, clock, along, read_only=read_only, operator=operator)
        super().__init__(kept)
        self._fleet: FleetWatch | None = None
        self._finder: StuckFinder | None = None

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
        return await ask_status(queue.api, queue.names, queue.clock, self._stuck_finder)

    def _stuck_finder(self) -> StuckFinder:
        """Return what finds stuck tasks on this connection; it is kept, and needed by few."""
        from worker.jetstream.stuck.finder import StuckFinder

        queue = self.queue()
        if self._finder is None or self._finder.api is not queue.api:
            self._finder = StuckFinder(queue.api, queue.names)
        return self._finder

    def drain_events(self) -> Sequence[TaskEvent]:
        """Return the task events seen since the last call, oldest first; never waits."""
        return self._overhearing.drain()

    def feed_counts(self) -> FeedCounts:
        """Return what the live feed counted so far; never waits."""
        return self._overhearing.counts()

    async def audit(self, limit: int, before: int | None = None) -> AuditPage:
        """Return the latest changes, at most `limit`, of places in the audit below `before`."""
        from farutech_console.operations.audit.log import audit_page

        return await audit_page(self.queue(), limit, before)

    async def story(self, task_id: str) -> TaskStory:
        """Return all that the server knows of a task; reads queue and letters through."""
        from farutech_console.operations.story.telling import task_story

        return await task_story(self.queue(), task_id)

    async def tenant_tasks(self, tenant_id: str, limit: int) -> tuple[TaskSummary, ...]:
        """Return the tasks of a tenant, the latest first; reads as much as `story`."""
        from farutech_console.operations.story.telling import tenant_tasks

        return await tenant_tasks(self.queue(), tenant_id, limit)

    async def stuck(self, candidates: int) -> StuckView:
        """Return the tasks that are stuck for sure, and at most so many that may be."""
        from farutech_console.operations.stuck.recover import find_stuck

        return await find_stuck(self.queue(), candidates)

    async def fleet(self) -> FleetView:
        """Ask all workers, and listen for the pulls of others; remembers who was there before."""
        from farutech_console.operations.fleet.workers import FleetWatch

        if self._fleet is None:
            self._fleet = FleetWatch()
        return await self._fleet.look(self.queue())

    async def pause(self, seconds: float, why: str = "") -> Pause:
        """Stop deliveries for so many seconds; a pause there is replaced."""
        from farutech_console.operations.fleet.pause import pause_for

        return await pause_for(self.queue(), seconds, why)

    async def resume(self, why: str = "") -> Pause:
        """Have deliveries go on."""
        from farutech_console.operations.fleet.pause import resume

        return await resume(self.queue(), why)

    async def finish_interrupted(self) -> Finished:
        """Finish what killed consoles left between two steps."""
        from farutech_console.operations.changes.unfinished import finish_interrupted

        return await finish_interrupted(self.queue())

    async def _hear(self, connection: Connection) -> None:
        await self._overhearing.listen(connection, self._kept.link.deaf_to)
