"""Carrying out a plan to replay: the protocol is `worker.jetstream.replays`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from farutech_console.operations.model import Outcome, Plan
from worker.jetstream.api import Api
from worker.jetstream.replays import Replayer
from worker.jetstream.replays_claims import Author
from worker.jetstream.topology import Layout
from worker.model.clock import Clock


async def replay(
    api: Api,
    layout: Layout,
    plan: Plan,
    author: Author,
    *,
    clock: Clock,
    stop: asyncio.Event | None = None,
) -> AsyncGenerator[Outcome, None]:
    """Replay the letters of a plan and yield an outcome for each.

    Raises:
        JetStreamError: the server was away for too long; letters not yielded were not touched.
    """
    task_ids = dict(zip(plan.sequences, plan.task_ids, strict=True))

    async def allow(most: int) -> int:
        return 0 if stop is not None and stop.is_set() else most

    run = Replayer(api, layout, author, clock=clock).run(plan.sequences, allow)
    async with aclosing(run):
        async for done in run:
            task_id = done.task_id or task_ids[done.sequence]
            yield Outcome(done.sequence, task_id, done.result, done.detail)
