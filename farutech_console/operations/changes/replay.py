"""Carrying out a plan to replay: the protocol is `worker.jetstream.replays.replayer`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing

from farutech_console.operations.changes.comebacks import Comebacks
from farutech_console.operations.changes.tools import replayer
from farutech_console.operations.model import Outcome, Plan
from farutech_console.operations.pace.control import Control
from farutech_console.operations.queue import Queue
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayed
from worker.jetstream.topology.layout import Layout


async def replay(
    queue: Queue,
    layout: Layout,
    plan: Plan,
    author: Author,
    control: Control,
) -> AsyncGenerator[Sequence[Outcome], None]:
    """Replay the letters of a plan and yield an outcome for each, some at a time.

    Raises:
        JetStreamError: the server was away for too long; letters not yielded were not touched.
    """
    task_ids = dict(zip(plan.sequences, plan.task_ids, strict=False))
    comebacks = Comebacks(queue.api, layout, control, queue.clock)
    pages = replayer(queue, layout, author).pages(
        plan.sequences, control.allow, complete=plan.complete, unknown=control.pacing.unknown
    )
    async with _watching(comebacks), aclosing(pages):
        async for page in pages:
            for done in page:
                if done.result == "replayed":
                    comebacks.sent(done)
            yield [
                Outcome(
                    done.sequence, _named(done, task_ids), done.result, done.detail, done.stored_as
                )
                for done in page
            ]


def _named(done: Replayed, task_ids: Mapping[int, str]) -> str:
    return done.task_id or task_ids.get(done.sequence, "")


@contextlib.asynccontextmanager
async def _watching(comebacks: Comebacks) -> AsyncIterator[None]:
    watch = asyncio.create_task(comebacks.watch())
    try:
        yield
    finally:
        watch.cancel()
        await asyncio.wait((watch,))
