"""One poll: everything the overview shows, from a handful of cheap requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.operations.model import DeadLetterState, Part, QueueStatus
from worker.jetstream.api import Api
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.errors import NotAllowedError
from worker.jetstream.info import (
    find_stream,
    greeted,
    server_state,
    stream_of_subject,
    stream_state,
)
from worker.jetstream.topology.layout import Layout, NoQueueError, find_consumer
from worker.model.clock import Clock
from worker.model.names import QueueNames
from worker.model.state import ConsumerState, ServerState, StreamState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from worker.jetstream.stuck.finder import StuckFinder

SNAPSHOTS = 3
"""How often task count and consumer are read again until nothing moved in between."""


async def ask_status(
    api: Api, names: QueueNames, clock: Clock, finder: Callable[[], StuckFinder] | None = None
) -> QueueStatus:
    """Return the state of the queue; what our user may not ask for is left out, and named.

    `finder` returns what knows since when tasks are stuck, the same from call to call.

    Raises:
        NoQueueError: the work queue does not exist.
        JetStreamError: the server could not be asked.
    """
    unread: dict[Part, str] = {}
    began_at, asked_at = clock.now(), clock.monotonic()
    server = await _server(api, unread)
    rtt = clock.monotonic() - asked_at
    work_queue, consumer, stuck = await _work(api, names, unread)
    dead_letters = None
    try:
        dead_letters = await _dead_letters(api, names, server, work_queue)
    except NotAllowedError as error:
        unread["dead_letters"] = str(error)
    taken_at = clock.now()
    return QueueStatus(
        taken_at=taken_at,
        server=server,
        rtt=rtt,
        work_queue=work_queue,
        tasks=work_queue.subject_counts.get(names.tasks, 0),
        consumer=consumer,
        dead_letters=dead_letters,
        stuck=stuck,
        unread=unread,
        stuck_since=await _since(finder, consumer, work_queue, stuck),
        skew=_skew(work_queue.told_at, began_at, taken_at),
    )


def _skew(told_at: datetime | None, earliest: datetime, latest: datetime) -> float:
    """Return by how much, at least, a moment that lay between two of ours was told wrongly."""
    if told_at is None or earliest <= told_at <= latest:
        return 0.0
    return (told_at - (earliest if told_at < earliest else latest)).total_seconds()


async def _since(
    finder: Callable[[], StuckFinder] | None,
    consumer: ConsumerState | None,
    tasks: StreamState,
    stuck: int,
) -> datetime | None:
    if finder is None or consumer is None or stuck <= 0:
        return None
    try:
        return await finder().since(consumer, tasks, stuck)
    except NotAllowedError:
        return None  # the number is known all the same


async def _server(api: Api, unread: dict[Part, str]) -> ServerState:
    try:
        return await server_state(api)
    except NotAllowedError as error:
        unread["server"] = str(error)
        return greeted(api)


async def _work(
    api: Api, names: QueueNames, unread: dict[Part, str]
) -> tuple[StreamState, ConsumerState | None, int]:
    """Return the stream with its task count, the consumer, and how many tasks are stuck.

    Stuck are the tasks that the consumer neither has to deliver nor awaits an answer to: exact once
    the server has noticed that their deliveries are spent (it does when a worker next pulls). The
    numbers come in two answers; where tasks come and go in between, the lowest difference found
    counts, so that traffic is never taken for stuck tasks.
    """
    before = None
    try:
        before = await find_consumer(api, names.stream, names.consumer)
    except NotAllowedError as error:
        unread["consumer"] = str(error)
    differences: list[int] = []
    while True:
        stream = await find_stream(api, names.stream, names.tasks)
        if stream is None:
            raise NoQueueError(f"there is no stream {names.stream}: start a worker, it creates it")
        if before is None:
            return stream, None, 0
        after = await find_consumer(api, names.stream, names.consumer)
        if after is None:
            return stream, None, 0
        tasks = stream.subject_counts.get(names.tasks, 0)
        now = min(tasks - _known(before), tasks - _known(after))
        if _standing(before) == _standing(after):
            return stream, after, max(now, 0)
        differences.append(now)
        if len(differences) == SNAPSHOTS:
            return stream, after, max(min(differences), 0)
        before = after


def _known(consumer: ConsumerState) -> int:
    return consumer.pending + consumer.ack_pending


def _standing(consumer: ConsumerState) -> tuple[int, ...]:
    return (
        consumer.pending,
        consumer.ack_pending,
        consumer.delivered_consumer_sequence,
        consumer.ack_floor_consumer_sequence,
    )


async def _dead_letters(
    api: Api, names: QueueNames, server: ServerState, work_queue: StreamState
) -> DeadLetterState | None:
    home = await stream_of_subject(api, names.dlq)
    if home is None:
        return None
    state = await stream_state(api, home)
    extent = await DeadLetters(api, Layout(names, server, work_queue, state)).extent()
    return DeadLetterState(
        home, extent.depth, extent.oldest_at, extent.newest_at, state.max_age, state.created
    )
