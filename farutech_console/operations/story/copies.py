"""The messages on the server that are a task, or its dead letter, and what each tells."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from farutech_console.language import tr
from farutech_console.operations.queue import Queue
from farutech_console.operations.steps import TaskStep
from worker.jetstream.info import find_stream
from worker.jetstream.messages import StoredMessage
from worker.jetstream.moves.archive import is_edited
from worker.jetstream.reading.scan import Scan
from worker.jetstream.topology.layout import Layout
from worker.model.dead_letter import DeadLetter, read_dead_letter
from worker.model.names import ARCHIVE_BY, ARCHIVE_WHY, REPLAY_COUNT, REPLAY_ID, REPLAYED_BY
from worker.model.stuck_letter import read_stuck
from worker.model.task import Task

_PLAIN = re.compile(r"[0-9A-Za-z_.:-]+")


@dataclass(frozen=True, slots=True)
class Copy:
    """A message that is the task, or its dead letter."""

    message: StoredMessage
    task: Task
    letter: DeadLetter | None

    @property
    def is_edited(self) -> bool:
        """Whether it is in the archive as it was before it was replayed with another task."""
        return is_edited(self.message.subject.rpartition(".")[2])


async def copies(
    queue: Queue, layout: Layout, place: str, task_id: str, tenant_id: str = ""
) -> AsyncIterator[Copy]:
    """Yield the messages that are the task, or the tenant's; their stream is read through whole.

    `place` is `queue`, `dead` or `archived`. Every call may raise `JetStreamError`.
    """
    names = queue.names
    homes: Mapping[str, tuple[str, str]] = {
        "queue": (names.stream, names.tasks),
        "dead": (layout.dead_letters.name, names.dlq),
        "archived": (names.archive_stream, names.archive("*")),
    }
    stream_name, subject = homes[place]
    stream = await find_stream(queue.api, stream_name)
    if stream is None:
        return
    scan = Scan(queue.api, stream, subject, layout.server.api_level)
    hints = _hints(task_id or tenant_id)
    async for messages in scan.messages(1, stream.last_sequence):
        for message in messages:
            if not any(hint in message.body for hint in hints):
                continue
            copy = _read(message, is_letter=place != "queue")
            if (task_id in ("", copy.task.task_id)) and (tenant_id in ("", copy.task.tenant_id)):
                yield copy


def _hints(text: str) -> tuple[bytes, ...]:
    """Return what the bytes of a message hold at least one of, where they hold this text."""
    # What else it holds each writer of JSON may escape as it likes.
    return (text.encode("ascii"),) if _PLAIN.fullmatch(text) else (b"",)


def _read(message: StoredMessage, *, is_letter: bool) -> Copy:
    if not is_letter:
        task, _ = read_stuck(message.body)
        return Copy(message, task, None)
    letter, _ = read_dead_letter(message.body)
    return Copy(message, letter.task if letter else Task(), letter)


def _step(copy: Copy, kind: str, at: datetime, **more: Any) -> TaskStep:
    task = copy.task
    step = TaskStep(at, kind, "stored", task.task_id, task.tenant_id, task.task_type)
    return replace(step, **more)


def published(copy: Copy) -> TaskStep:
    """Return how a copy came into the work queue."""
    headers, message = copy.message.headers, copy.message
    by = headers.get(REPLAYED_BY, "")
    if not by and REPLAY_ID not in headers:
        return _step(copy, "published", message.stored_at, sequence=message.sequence)
    times = headers.get(REPLAY_COUNT, "")
    detail = tr("by {who}", who=by or tr("someone"))
    if times:
        detail += tr(", replay {n}", n=times)
    return _step(copy, "replayed", message.stored_at, sequence=message.sequence, detail=detail)


def died(copy: Copy) -> TaskStep:
    """Return how a task became a dead letter."""
    letter = copy.letter
    if letter is None:
        return _step(copy, "dead_lettered", copy.message.stored_at)
    source = letter.source.sequence if letter.source else 0
    return _step(
        copy,
        "dead_lettered",
        copy.message.stored_at,
        attempt=letter.final_attempt,
        sequence=source,
        worker_id=letter.worker_id,
        detail=letter.error,
    )


def archived(copy: Copy) -> TaskStep:
    """Return how a letter came into the archive: purged, or replayed with another task."""
    headers = copy.message.headers
    why = headers.get(ARCHIVE_WHY, "")
    detail = tr("by {who}", who=headers.get(ARCHIVE_BY) or tr("someone"))
    if why:
        detail += f": {why}"
    return _step(
        copy, "edited" if copy.is_edited else "purged", copy.message.stored_at, detail=detail
    )
