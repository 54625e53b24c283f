"""A handler that waits as one that asks another machine does: 2 ms, and no processor time."""

from __future__ import annotations

import asyncio

from worker.handlers.context import TaskContext
from worker.handlers.registry import handler
from worker.model.task import Task

WAIT = 0.002


@handler("provision")
async def wait(_task: Task, _context: TaskContext) -> None:
    """Wait."""
    await asyncio.sleep(WAIT)
