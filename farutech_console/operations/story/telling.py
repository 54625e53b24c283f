"""Telling the story of a task from all that the server keeps: events, queue, letters, ledger.

A fleet that publishes no events leaves its tasks in the work queue and its dead letters in theirs:
both are searched. Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from heapq import nlargest
from typing import Any

from farutech_console.language import tr
from farutech_console.operations.fleet.workers import FleetWatch
from farutech_console.operations.queue import Queue
from farutech_console.operations.steps import TaskStep, of_event
from farutech_console.operations.story.copies import Copy, archived, copies, died, published
from farutech_console.operations.story.view import (
    Place,
    SummaryPlace,
    TaskStory,
    TaskSummary,
    Whereabouts,
    in_order,
    last_of,
)
from farutech_console.operations.units import duration, full_time
from worker.jetstream.deliveries.ledger import Ledger
from worker.jetstream.errors import JetStreamError
from worker.jetstream.fleet.event_reader import EventLog
from worker.jetstream.info import find_stream
from worker.jetstream.pipeline import Pipeline
from worker.jetstream.reading.scan import Scan
from worker.jetstream.stuck.finder import StuckFinder
from worker.jetstream.topology.layout import Layout, find_consumer
from worker.model.event import event_token
from worker.model.fleet import TaskReport
from worker.model.ledger import AlreadyDone, HeldBy, task_key
from worker.model.names import REPLAY_ID
from worker.model.state import ConsumerState, StreamState

COUNTED = 10_000
"""Up to which position a pending task's is counted."""
MOST_HELD = 10_000
"""Tasks of a tenant beyond those asked for that are held before all but the latest are let go."""
DONE = ("succeeded", "duplicate_skipped")
"""What a worker says of a task last that is done."""
LATEST_EVENTS = 5_000
"""Newest event messages that a search by tenant looks through."""


async def task_story(queue: Queue, task_id: str) -> TaskStory:
    """Return all that the server knows of a task.

    Work queue and dead letters are read through: a million messages take half a minute.

    Raises:
        NoQueueError: there is no such queue.
        JetStreamError: the server could not be asked.
    """
    layout = await queue.fresh_layout()
    log = EventLog(queue.api, queue.names, event_token(task_id))
    told = [of_event(event) for event in await log.all() if event.task_id in ("", task_id)]
    live = [copy async for copy in copies(queue, layout, "queue", task_id)]
    dead = [copy async for copy in copies(queue, layout, "dead", task_id)]
    kept = [copy async for copy in copies(queue, layout, "archived", task_id)]
    stored = [*map(published, live), *map(died, dead), *map(archived, kept)]
    where = await _whereabouts(queue, layout, live, told)
    where += [_dead(copy, layout) for copy in dead]
    if not where:
        purged = [copy for copy in kept if not copy.is_edited]
        where = [await _elsewhere(queue, task_id, told, purged)]
    named = next((copy.task for copy in [*live, *dead, *kept]), None)
    looked_at, missing = await _sources(queue, layout)
    return TaskStory(
        task_id=task_id,
        tenant_id=named.tenant_id if named else next((x.tenant_id for x in told), ""),
        task_type=named.task_type if named else next((x.task_type for x in told), ""),
        where=tuple(where),
        steps=in_order(told, stored),
        looked_at=looked_at,
        missing=missing,
    )


async def tenant_tasks(queue: Queue, tenant_id: str, limit: int = 100) -> tuple[TaskSummary, ...]:
    """Return the tasks of a tenant, the latest first, at most `limit`.

    Raises:
        NoQueueError: there is no such queue.
        JetStreamError: the server could not be asked.
    """
    layout = await queue.fresh_layout()
    found: dict[str, TaskSummary] = {}
    for event in await EventLog(queue.api, queue.names).newest(LATEST_EVENTS):
        if event.tenant_id == tenant_id and event.task_id:
            became: SummaryPlace = "done" if event.kind in DONE else "gone"
            found[event.task_id] = TaskSummary(
                event.task_id, tenant_id, event.task_type, became, 0, event.at, event.kind
            )
    places: tuple[SummaryPlace, ...] = ("archived", "dead", "queue")
    for place in places:
        async for copy in copies(queue, layout, place, "", tenant_id):
            if copy.is_edited:
                continue
            told = found.get(copy.task.task_id)
            found[copy.task.task_id] = TaskSummary(
                copy.task.task_id,
                tenant_id,
                copy.task.task_type,
                place,
                copy.message.sequence,
                copy.message.stored_at,
                told.event if told else "",
            )
            if len(found) > MOST_HELD + limit:
                found = _latest(found.values(), limit)
    return tuple(_latest(found.values(), limit).values())


def _latest(tasks: Iterable[TaskSummary], limit: int) -> dict[str, TaskSummary]:
    """Return so many of the tasks, the latest first."""
    return {task.task_id: task for task in nlargest(limit, tasks, key=lambda task: task.at)}


async def _whereabouts(
    queue: Queue, layout: Layout, live: Iterable[Copy], told: list[TaskStep]
) -> list[Whereabouts]:
    """Return where each copy in the work queue is."""
    copies = list(live)
    if not copies:
        return []
    names = queue.names
    consumer = await find_consumer(queue.api, names.stream, names.consumer)
    stuck: frozenset[int] = frozenset()
    running: dict[int, tuple[str, TaskReport]] = {}
    if consumer is not None and any(not _is_pending(copy, consumer) for copy in copies):
        found = await StuckFinder(queue.api, names).find()
        stuck = frozenset(task.sequence for task in found.certain)
        running = await _running(queue)
    where = []
    for copy in copies:
        if consumer is None or _is_pending(copy, consumer):
            where.append(await _pending(queue, layout, copy, consumer))
        elif copy.message.sequence in stuck:
            where.append(_at("stuck", layout.work_queue, copy, detail=tr("deliveries spent")))
        else:
            last = last_of(told, copy.message.sequence)
            where.append(await _delivered(queue, layout, copy, last, running))
    return where


def _is_pending(copy: Copy, consumer: ConsumerState) -> bool:
    return copy.message.sequence > consumer.delivered_stream_sequence


def _at(place: Place, stream: StreamState, copy: Copy, **more: Any) -> Whereabouts:
    where = Whereabouts("unknown", stream.name, copy.message.sequence)
    return replace(where, place=place, **more)


async def _pending(
    queue: Queue, layout: Layout, copy: Copy, consumer: ConsumerState | None
) -> Whereabouts:
    first = consumer.delivered_stream_sequence + 1 if consumer else 1
    scan = Scan(queue.api, layout.work_queue, queue.names.tasks, layout.server.api_level)
    before, whole = await scan.sequences(first, copy.message.sequence, COUNTED)
    detail = "" if consumer else tr("there is no consumer that would deliver it")
    if consumer and consumer.paused:
        detail = tr("deliveries are paused")
    position = len(before) if whole else None
    return _at("pending", layout.work_queue, copy, position=position, detail=detail)


async def _running(queue: Queue) -> dict[int, tuple[str, TaskReport]]:
    """Return the tasks that workers say they run, by stream sequence."""
    try:
        fleet = await FleetWatch().look(queue, listen=0)
    except JetStreamError:
        return {}
    return {
        task.stream_sequence: (worker.name, task)
        for worker in fleet.answered
        if worker.report
        for task in worker.report.tasks
    }


async def _delivered(
    queue: Queue,
    layout: Layout,
    copy: Copy,
    last: TaskStep | None,
    running: Mapping[int, tuple[str, TaskReport]],
) -> Whereabouts:
    stream, sequence = layout.work_queue, copy.message.sequence
    if sequence in running:
        worker, task = running[sequence]
        detail = tr("for {span}", span=duration(task.seconds))
        return _at("in_flight", stream, copy, worker=worker, attempt=task.attempt, detail=detail)
    if last is not None and last.kind == "retrying":
        until = last.at + timedelta(seconds=last.delay or 0.0)
        if until > queue.clock.now():
            return _at(
                "backoff", stream, copy, until=until, attempt=last.attempt, detail=last.detail
            )
    if last is not None and last.kind == "held":
        return _at("held", stream, copy, worker=last.worker_id, attempt=last.attempt)
    standing = await _standing(queue, copy.task.task_id, copy.message.headers.get(REPLAY_ID, ""))
    if isinstance(standing, HeldBy) and standing.sequence == sequence:
        return _at("in_flight", stream, copy, worker=standing.owner, detail=tr("by the ledger"))
    attempt = last.attempt if last else 0
    return _at(
        "unsettled", stream, copy, attempt=attempt, detail=tr("delivered: in flight or in backoff")
    )


async def _standing(queue: Queue, task_id: str, replay: str) -> AlreadyDone | HeldBy | None:
    """Return what the ledger says of a task in one of its lives; None also where there is none."""
    if await find_stream(queue.api, queue.names.ledger_stream) is None:
        return None
    pipeline = Pipeline(queue.connection)
    ledger = Ledger(queue.api, pipeline, queue.names, queue.operator, 1.0, queue.clock)
    return await ledger.standing(task_key(task_id, replay))


def _dead(copy: Copy, layout: Layout) -> Whereabouts:
    letter = copy.letter
    return _at(
        "dead",
        layout.dead_letters,
        copy,
        attempt=letter.final_attempt if letter else 0,
        worker=letter.worker_id if letter else "",
        detail=letter.error if letter else "",
    )


async def _elsewhere(
    queue: Queue, task_id: str, told: list[TaskStep], purged: list[Copy]
) -> Whereabouts:
    """Return what became of a task that is neither in the queue nor a dead letter."""
    ends = [x for x in told if x.kind in DONE]
    if ends:
        end = max(ends, key=lambda step: step.at)
        detail = tr("at {time}", time=full_time(end.at))
        return Whereabouts("done", worker=end.worker_id, attempt=end.attempt, detail=detail)
    standing = await _standing(queue, task_id, "")
    if isinstance(standing, AlreadyDone):
        detail = tr("at {time}, by the ledger", time=full_time(standing.at))
        return Whereabouts("done", worker=standing.owner, detail=detail)
    if purged:
        copy = max(purged, key=lambda one: one.message.sequence)
        stream = queue.names.archive_stream
        detail = tr("purged; farutech-console dlq undo brings it back")
        return Whereabouts("archived", stream, copy.message.sequence, detail=detail)
    detail = tr("nothing here tells: done, purged, expired or never published")
    return Whereabouts("unknown", detail=detail)


async def _sources(queue: Queue, layout: Layout) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = queue.names
    present: list[str] = []
    absent: list[str] = []
    for stream in (
        *dict.fromkeys((names.stream, layout.dead_letters.name)),
        names.events_stream,
        names.ledger_stream,
        names.archive_stream,
    ):
        found = await find_stream(queue.api, stream)
        (present if found is not None else absent).append(stream)
    return tuple(present), tuple(absent)
