"""Task events as they were kept, and as they come."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from worker.jetstream.api import Api
from worker.jetstream.connect.connection import Connection
from worker.jetstream.errors import UnreachableError
from worker.jetstream.info import find_stream, server_state
from worker.jetstream.messages import StoredMessage
from worker.jetstream.reading.scan import Scan
from worker.model.event import Event, InvalidEventError, read_events
from worker.model.names import QueueNames

PENDING_MESSAGES = 65_536
PENDING_BYTES = 64 * 1024 * 1024


class EventLog:
    """The events that `PROVISIONING_EVENTS` keeps: of all tasks, or of one.

    `token` is what stands for the task in subjects (`event_token`). Every call may raise
    `JetStreamError`.
    """

    def __init__(self, api: Api, names: QueueNames, token: str = "*") -> None:
        self._api = api
        self._names = names
        self._subject = names.events(token)

    async def is_kept(self) -> bool:
        """Whether there is a stream that keeps events."""
        return await find_stream(self._api, self._names.events_stream) is not None

    async def newest(self, limit: int) -> list[Event]:
        """Return the newest events, oldest first: those of at most `limit` messages."""
        scan, _ = await self._scan()
        messages = await scan.newest(limit) if scan else []
        return _events(list(reversed(messages)))

    async def since(self, moment: datetime) -> AsyncIterator[list[Event]]:
        """Yield the events from `moment` on, oldest first, some at a time."""
        scan, last = await self._scan()
        if scan is None:
            return
        async for messages in scan.messages(await scan.first_since(moment), last):
            found = [event for event in _events(messages) if event.at >= moment]
            if found:
                yield found

    async def all(self) -> list[Event]:
        """Return all events, oldest first; meant for one task."""
        scan, last = await self._scan()
        pages = [_events(page) async for page in scan.messages(1, last)] if scan else []
        return [event for page in pages for event in page]

    async def _scan(self) -> tuple[Scan | None, int]:
        stream = await find_stream(self._api, self._names.events_stream)
        if stream is None:
            return None, 0
        level = (await server_state(self._api)).api_level
        return Scan(self._api, stream, self._subject, level), stream.last_sequence


@contextlib.asynccontextmanager
async def hearing_events(
    connection: Connection, names: QueueNames, heard: Callable[[Event], None], token: str = "*"
) -> AsyncIterator[None]:
    """Call `heard` for each event that workers publish; what cannot be read is passed over.

    Raises:
        UnreachableError: no server is connected.
    """

    async def take(message: Msg) -> None:
        with contextlib.suppress(InvalidEventError):
            for event in read_events(message.data):
                heard(event)

    try:
        subscription = await connection.client.subscribe(
            names.events(token),
            cb=take,
            pending_msgs_limit=PENDING_MESSAGES,
            pending_bytes_limit=PENDING_BYTES,
        )
        await connection.client.flush()
    except NatsError as error:
        raise UnreachableError(f"{names.events(token)}: {error}") from error
    try:
        yield
    finally:
        with contextlib.suppress(NatsError):
            await subscription.unsubscribe()


def _events(messages: Sequence[StoredMessage]) -> list[Event]:
    found: list[Event] = []
    for message in messages:
        with contextlib.suppress(InvalidEventError):
            found += read_events(message.body)
    return found
