"""Workers that died with tasks in hand, found by one look: their events end in the middle."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from farutech_console.operations.queue import Queue
from worker.jetstream.fleet.event_reader import EventLog
from worker.model.event import Event

LATEST = 5_000
"""Newest event messages that are looked through."""
WINDOW = timedelta(minutes=10)
SETTLE = timedelta(seconds=5)
"""What a worker said less long ago is no sign of silence yet."""

_OPEN = frozenset({"received", "started", "held", "progress"})


async def silent_workers(queue: Queue, answering: Collection[str]) -> tuple[str, ...]:
    """Return the workers that are not among those `answering`, and left tasks in the middle.

    A worker that left in order has ended its tasks. Only workers that publish events are known, and
    only their latest tasks.

    Raises:
        JetStreamError: the server could not be asked.
    """
    events = await EventLog(queue.api, queue.names).newest(LATEST)
    return silent_in(events, answering, queue.clock.now())


def silent_in(
    events: Iterable[Event], answering: Collection[str], now: datetime
) -> tuple[str, ...]:
    """Return the silent workers in these events, which are oldest first. Pure."""
    last: dict[int, Event] = {}
    for event in events:
        if event.stream_sequence and now - event.at < WINDOW:
            last[event.stream_sequence] = event
    left = {
        event.worker_id
        for event in last.values()
        if event.kind in _OPEN and event.worker_id not in answering and now - event.at > SETTLE
    }
    return tuple(sorted(left))
