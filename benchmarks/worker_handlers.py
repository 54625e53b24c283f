"""The handlers that are measured: one that does nothing, and one that notes how long tasks took."""

from __future__ import annotations

from benchmarks.latencies import note
from worker.handlers.context import TaskContext
from worker.handlers.registry import handler
from worker.model.task import Task


@handler("provision")
async def nothing(_task: Task, _context: TaskContext) -> None:
    """Do nothing."""


@handler("timed")
async def timed(task: Task, _context: TaskContext) -> None:
    """Note the seconds since the task was sent, by the clock of this machine."""
    note({"payload": task.payload})
