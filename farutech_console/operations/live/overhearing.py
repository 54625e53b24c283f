"""What is overheard of a work queue: task events, with the names of the tasks they are of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from farutech_console.operations.live.feed import LiveFeed
from farutech_console.operations.live.task_names import TaskNames, TaskSource
from farutech_console.operations.model import FeedCounts, TaskEvent
from worker.jetstream.api import Api
from worker.jetstream.connect.connection import Connection
from worker.jetstream.fleet.feed import overhear
from worker.jetstream.info import stream_state
from worker.jetstream.messages import message_at, next_message
from worker.model.clock import Clock
from worker.model.heard import HeardKind
from worker.model.names import QueueNames


class Overhearing:
    """The live feed of one work queue, on one connection after the other."""

    def __init__(self, names: QueueNames, clock: Clock) -> None:
        self._names = names
        self._task_names = TaskNames()
        self._feed = LiveFeed(clock, self._task_names)

    async def listen(self, connection: Connection, deaf: Callable[[HeardKind], None]) -> None:
        """Hear events and look task names up, until cancelled.

        `deaf` is called with each kind of event that the server does not let us hear.
        """
        async with overhear(connection, self._names, self._feed.hear, deaf):
            await self._task_names.follow(self._source(connection.api))

    def drain(self) -> Sequence[TaskEvent]:
        """Return the task events since the last call, oldest first; never waits."""
        return self._feed.drain()

    def counts(self) -> FeedCounts:
        """Return what was counted so far; never waits."""
        return self._feed.counts()

    def _source(self, api: Api) -> TaskSource:
        stream, tasks = self._names.stream, self._names.tasks

        async def last() -> int:
            return (await stream_state(api, stream)).last_sequence

        return TaskSource(
            at=lambda sequence: message_at(api, stream, sequence),
            after=lambda sequence: next_message(api, stream, tasks, sequence),
            last=last,
        )
