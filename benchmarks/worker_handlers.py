"""The handlers that are measured: one that does nothing, and one that notes how long tasks took."""

from __future__ import annotations

import atexit
import json
import os
import time
from array import array
from pathlib import Path

from worker.handlers.context import TaskContext
from worker.handlers.registry import handler
from worker.model.task import Task

LATENCIES = "BENCH_LATENCIES"
"""The environment variable with the file that gets the latencies, in seconds, as JSON."""

_latencies = array("d")


@handler("provision")
async def nothing(_task: Task, _context: TaskContext) -> None:
    """Do nothing."""


@handler("timed")
async def timed(task: Task, _context: TaskContext) -> None:
    """Note the seconds since the task was sent, by the clock of this machine."""
    _latencies.append((time.time_ns() - (task.payload or {})["sent_ns"]) / 1e9)


def _write() -> None:
    if _latencies:
        Path(os.environ[LATENCIES]).write_text(json.dumps(_latencies.tolist()))


atexit.register(_write)
