"""The events of tasks, kept and live, as workers tell them."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import UTC, datetime

from farutech_console.operations.queue import Queue
from farutech_console.operations.steps import TaskStep, of_event
from worker.jetstream.fleet.event_reader import EventLog, hearing_events
from worker.model.event import Event

RING = 50_000
"""Live events kept until they are taken; older ones are dropped, and counted."""


async def kept_events(
    queue: Queue, *, last: int | None = None, since: datetime | None = None
) -> AsyncGenerator[Sequence[TaskStep], None]:
    """Yield what `PROVISIONING_EVENTS` keeps, oldest first, some at a time.

    Args:
        queue: Of which queue.
        last: Only the events of the newest so many messages.
        since: Only events from then on. With neither, all.

    Raises:
        JetStreamError: the server could not be asked.
    """
    log = EventLog(queue.api, queue.names)
    if since is None and last is not None:
        yield [of_event(event) for event in await log.newest(last)]
        return
    async for page in log.since(since or datetime.fromtimestamp(0, UTC)):
        yield [of_event(event) for event in page]


class LiveEvents:
    """What workers said since it began to listen, until it is taken."""

    def __init__(self) -> None:
        self.dropped = 0
        self._ring: deque[Event] = deque(maxlen=RING)

    def hear(self, event: Event) -> None:
        """Take one event; never waits."""
        if len(self._ring) == RING:
            self.dropped += 1
        self._ring.append(event)

    def take(self) -> list[TaskStep]:
        """Return what came since the last call, oldest first."""
        taken = [of_event(event) for event in self._ring]
        self._ring.clear()
        return taken


@contextlib.asynccontextmanager
async def live_events(queue: Queue) -> AsyncIterator[LiveEvents]:
    """Listen to what workers say while the block lasts.

    Raises:
        UnreachableError: no server is connected.
    """
    live = LiveEvents()
    async with hearing_events(queue.connection, queue.names, live.hear):
        yield live
