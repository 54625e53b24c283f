"""Workers for tests: in this process with the test's own handlers, or in a process of their own."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.support.nats_server import NatsServer
from worker.handlers.context import TaskContext
from worker.handlers.registry import Handler, Registry
from worker.model.clock import SystemClock
from worker.model.surroundings import Surroundings
from worker.model.task import Task
from worker.runtime.service import serve
from worker.runtime.shutdown import Shutdown
from worker.settings import WorkerSettings
from worker.telemetry.logging import logger

ROOT = Path(__file__).parents[2]


@dataclass
class Calls:
    """A handler that notes what it is called with; `answer` is what it then does."""

    answer: Handler | None = None
    seen: list[tuple[str, int]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    running: int = 0
    most_running: int = 0

    async def __call__(self, task: Task, context: TaskContext) -> None:
        self.seen.append((task.task_id, context.attempt))
        self.at.append(asyncio.get_running_loop().time())
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if self.answer is not None and (awaited := self.answer(task, context)) is not None:
                await awaited
        finally:
            self.running -= 1

    @property
    def ids(self) -> list[str]:
        """The task ids, in the order of the calls."""
        return [task_id for task_id, _ in self.seen]


@dataclass
class RunningWorker:
    """A worker in this process."""

    shutdown: Shutdown
    output: io.StringIO

    @property
    def log(self) -> list[dict[str, Any]]:
        """What it logged so far."""
        return [json.loads(line) for line in self.output.getvalue().splitlines()]

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The lines of one event."""
        return [line for line in self.log if line["event"] == event]


@asynccontextmanager
async def working(
    server: NatsServer, handler: Handler, **settings: object
) -> AsyncIterator[RunningWorker]:
    """A worker whose tasks of type `provision` are run by `handler`; it leaves in order."""
    worker, work = started(server, handler, **settings)
    try:
        await _ready(worker, work)
        yield worker
    finally:
        worker.shutdown.requested.set()
        async with asyncio.timeout(30):
            await work


def started(
    server: NatsServer, handler: Handler, **settings: object
) -> tuple[RunningWorker, asyncio.Task[None]]:
    """Begin such a worker, and return it with its task, which ends when the worker has left."""
    output = io.StringIO()
    log = logger("debug", "json", output)
    chosen: dict[str, Any] = {
        "server": server.url,
        "backoff_scale": 0.001,
        "grace": 5.0,
        "http": "off",
        "breaker_failures": 0,
    } | settings
    shutdown = Shutdown(lambda _: None)
    around = Surroundings(SystemClock(), Random(7), log)
    registry = Registry({"provision": handler})
    work = asyncio.create_task(serve(WorkerSettings(**chosen), registry, shutdown, around))
    return RunningWorker(shutdown, output), work


async def _ready(worker: RunningWorker, work: asyncio.Task[None]) -> None:
    async with asyncio.timeout(20):
        while not worker.logged("worker.ready"):
            if work.done():
                await work
            await asyncio.sleep(0.005)


@contextmanager
def worker_process(
    server: NatsServer, log: Path, *flags: str, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A `farutech-worker run` with simulated provisioning; killed at the end if it still runs."""
    quiet = ("--server", server.url, "--http", "off")
    command = [sys.executable, "-m", "worker", "run", *quiet, *flags]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env=os.environ | environment,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()


def log_lines(log: Path, event: str) -> list[dict[str, Any]]:
    """The lines of one event in the log of a worker's process."""
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    return [line for line in lines if line["event"] == event]
