"""Carrying out a plan to purge into the archive, by `worker.jetstream.moves.purges`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from farutech_console.language import tr
from farutech_console.operations.changes.tools import mover
from farutech_console.operations.errors import ArchiveError
from farutech_console.operations.model import Outcome, Plan
from farutech_console.operations.pace.control import Control
from farutech_console.operations.queue import Queue
from worker.jetstream.errors import JetStreamError
from worker.jetstream.moves.moves import purge_letters
from worker.jetstream.replays.claims import Author
from worker.jetstream.topology.layout import Layout, ensure_stream
from worker.model.topology import archive_stream


async def archive(
    queue: Queue,
    layout: Layout,
    plan: Plan,
    author: Author,
    *,
    why: str = "",
    control: Control,
) -> AsyncGenerator[Sequence[Outcome], None]:
    """Move the letters of a plan into the archive and yield an outcome for each, some at a time.

    Raises:
        ArchiveError: there is no archive; nothing was changed.
        JetStreamError: the server was away for too long. Of the letters not yielded up to
            `MOST_LETTERS` may be under way: whoever replays or purges next finishes them.
    """
    await ensure_archive(queue, layout)
    parts = mover(queue, layout)
    task_ids = dict(zip(plan.sequences, plan.task_ids, strict=False))
    moving = purge_letters(parts, author, why, plan.sequences, control.may_begin)
    async with aclosing(moving):
        async for part in moving:
            yield [
                Outcome(n, task_id or task_ids.get(n, ""), result, detail)
                for n, task_id, result, detail in part
            ]


async def ensure_archive(queue: Queue, layout: Layout) -> None:
    """Have a stream for the copies; beside a queue that Go made there is none yet.

    Raises:
        ArchiveError: the server does not allow it.
    """
    names = queue.names
    spec = archive_stream(names, layout.work_queue.replicas)
    try:
        home = await ensure_stream(queue.api, names.archive("*"), spec)
    except JetStreamError as error:
        raise ArchiveError(
            tr(
                "nothing was changed: the archive {name} cannot be created ({error}). See that the "
                "server has room, and that we may create streams; or purge without it, with --hard",
                name=spec.name,
                error=error,
            )
        ) from error
    if home != spec.name:
        raise ArchiveError(
            tr(
                "nothing was changed: {subject} belongs to the stream {home}, not to {name}: take "
                "the subject from it, or purge with --hard",
                subject=names.archive("*"),
                home=home,
                name=spec.name,
            )
        )
