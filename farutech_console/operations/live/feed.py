"""Live task events: what was overheard, counted, kept in a bounded ring, read when looked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, overload

from farutech_console.operations.live.task_names import TaskNames
from farutech_console.operations.model import EventKind, FeedCounts, TaskEvent
from worker.jetstream.fleet.feed import Heard
from worker.model import wire_json
from worker.model.acknowledgement import AckKind, read_acknowledgement
from worker.model.clock import Clock
from worker.model.dead_letter import read_dead_letter
from worker.model.delivery import NotADeliveryError, read_delivery
from worker.model.task import InvalidTaskError, Task

RING = 10_000
"""Messages kept between two drains; older ones are dropped and counted."""

SETTLE = timedelta(seconds=0.3)
"""How long a message waits in the ring, so that its task's name can be looked up meanwhile."""

LARGE_BODY = 4 * 1024
"""Bytes above which a body is read at once: the ring must not hold thousands of large ones."""

_KIND_OF_ACK: dict[AckKind, EventKind] = {
    "ack": "succeeded",
    "nak": "retrying",
    "term": "terminated",
    "in_progress": "in_progress",
}


class _Waiting(NamedTuple):
    """Something heard that is not read yet."""

    at: datetime
    heard: Heard


Kept = _Waiting | TaskEvent


@dataclass
class _Totals:
    published: int = 0
    succeeded: int = 0
    retrying: int = 0
    terminated: int = 0
    dead_lettered: int = 0
    dropped: int = 0


class HeardEvents(Sequence[TaskEvent]):
    """Events, oldest first, each read when it is first looked at: at 5,000 a second few ever are.

    A task that has no name yet has one as soon as it is known.
    """

    def __init__(self, kept: list[Kept], names: TaskNames) -> None:
        self._kept, self._names = kept, names

    def __len__(self) -> int:
        """How many there are."""
        return len(self._kept)

    @overload
    def __getitem__(self, index: int) -> TaskEvent: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[TaskEvent]: ...

    def __getitem__(self, index: int | slice) -> TaskEvent | Sequence[TaskEvent]:
        """Return the event there."""
        if isinstance(index, slice):
            return HeardEvents(self._kept[index], self._names)
        event = self._kept[index]
        if isinstance(event, _Waiting):
            event = read_event(event.heard, event.at)
            self._kept[index] = event
        if event.task_id or not event.sequence:
            return event
        known = self._names.get(event.sequence)
        if known is not None:
            event = replace(
                event,
                task_id=known.task_id,
                tenant_id=known.tenant_id,
                task_type=known.task_type,
            )
            self._kept[index] = event
        return event


class LiveFeed:
    """Takes what is overheard, and gives it back as task events.

    It may be heard in one thread and drained in another.
    """

    def __init__(self, clock: Clock, names: TaskNames, ring: int = RING) -> None:
        self._clock = clock
        self._names = names
        self._ring: deque[tuple[datetime, Kept]] = deque(maxlen=ring)
        self._totals = _Totals()

    def hear(self, heard: Heard) -> None:
        """Take one message; never waits."""
        now = self._clock.now()
        self._count(heard)
        if len(self._ring) == self._ring.maxlen:
            self._totals.dropped += 1
        large = len(heard.body) > LARGE_BODY
        self._ring.append((now, read_event(heard, now) if large else _Waiting(now, heard)))

    def counts(self) -> FeedCounts:
        """Return the totals since the feed began."""
        totals = self._totals
        return FeedCounts(
            totals.published,
            totals.succeeded,
            totals.retrying,
            totals.terminated,
            totals.dead_lettered,
            totals.dropped,
        )

    def drain(self) -> HeardEvents:
        """Return the events since the last call, oldest first, but for those of the last moment."""
        settled = self._clock.now() - SETTLE
        ring = self._ring
        kept: list[Kept] = []
        while ring and ring[0][0] <= settled:
            kept.append(ring.popleft()[1])
        return HeardEvents(kept, self._names)

    def _count(self, heard: Heard) -> None:
        """Count a message by its kind alone, and ask for the names that will be needed."""
        if heard.kind == "task":
            self._totals.published += 1
            self._names.expect_new()
        elif heard.kind == "dead_letter":
            self._totals.dead_lettered += 1
        elif heard.kind == "acknowledgement":
            self._count_acknowledgement(heard)

    def _count_acknowledgement(self, heard: Heard) -> None:
        if heard.body.startswith(b"-NAK"):
            self._totals.retrying += 1
            self._names.want(_sequence(heard.subject))
        elif heard.body.startswith(b"+WPI"):
            self._names.want(_sequence(heard.subject))
        elif heard.body.startswith(b"+TERM"):
            self._totals.terminated += 1
        else:
            self._totals.succeeded += 1


def read_event(heard: Heard, at: datetime) -> TaskEvent:
    """Return the event in a message; whatever its bytes, never raises.

    What cannot be read of it is left empty: anybody may publish on these subjects.
    """
    return _READERS[heard.kind](heard, at)


def _published(heard: Heard, at: datetime) -> TaskEvent:
    try:
        task = Task.from_wire(wire_json.loads(heard.body))
    except (InvalidTaskError, wire_json.InvalidJsonError) as error:
        return TaskEvent(at, "published", detail=f"not a task: {error}")
    return _of_task(TaskEvent(at, "published"), task)


def _dead_lettered(heard: Heard, at: datetime) -> TaskEvent:
    letter, problem = read_dead_letter(heard.body)
    if letter is None:
        return TaskEvent(at, "dead_lettered", detail=f"not a dead letter: {problem}")
    sequence = letter.source.sequence if letter.source else 0
    event = TaskEvent(
        at, "dead_lettered", sequence, attempt=letter.final_attempt, detail=letter.error
    )
    return _of_task(event, letter.task)


def _acknowledged(heard: Heard, at: datetime) -> TaskEvent:
    answer = read_acknowledgement(heard.body)
    kind = _KIND_OF_ACK[answer.kind]
    try:
        delivery = read_delivery(heard.subject, heard.body, None, 0.0)
    except NotADeliveryError as error:
        return TaskEvent(at, kind, detail=str(error))
    return TaskEvent(
        at,
        kind,
        delivery.stream_sequence,
        attempt=delivery.delivery_count,
        delay=answer.delay,
        detail=answer.reason,
    )


def _exhausted(heard: Heard, at: datetime) -> TaskEvent:
    try:
        advisory = wire_json.loads(heard.body)
        sequence, deliveries = int(advisory["stream_seq"]), int(advisory["deliveries"])
    except (wire_json.InvalidJsonError, KeyError, TypeError, ValueError):
        return TaskEvent(at, "exhausted", detail="an advisory that cannot be read")
    detail = "delivered for the last time and never settled"
    return TaskEvent(at, "exhausted", sequence, attempt=deliveries, detail=detail)


def _of_task(event: TaskEvent, task: Task) -> TaskEvent:
    return replace(event, task_id=task.task_id, tenant_id=task.tenant_id, task_type=task.task_type)


def _sequence(subject: str) -> int:
    try:
        return read_delivery(subject, b"", None, 0.0).stream_sequence
    except NotADeliveryError:
        return 0


_READERS: dict[str, Callable[[Heard, datetime], TaskEvent]] = {
    "task": _published,
    "dead_letter": _dead_lettered,
    "acknowledgement": _acknowledged,
    "exhausted": _exhausted,
}
