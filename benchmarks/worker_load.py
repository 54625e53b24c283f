"""Tasks for the benchmark, and how fast they go: published, then counted on the server."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nats.aio.msg import Msg

from worker.jetstream.connect.connection import Connection
from worker.jetstream.errors import ApiError
from worker.jetstream.topology.layout import ensure
from worker.model.names import QueueNames

NAMES = QueueNames()
WINDOW = 1000
"""Publishes without an acknowledgement at most."""
LOOK = 0.02
PATIENCE = 60.0
"""Seconds without progress after which a measurement is given up."""


class StalledError(RuntimeError):
    """What is measured does not get on with its work."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the tasks went: tasks a second, and processor seconds for each (0: not known)."""

    rate: float
    worker_cpu: float
    server_cpu: float

    @property
    def cpu(self) -> float:
        """Processor seconds for each task, the server's included."""
        return self.worker_cpu + self.server_cpu


def task_body(number: int, size: int = 300) -> bytes:
    """Return a task of `size` bytes."""
    task = {
        "task_id": f"{number:08d}-5a1c-4c55-8a20-3f1c0e6c7a11",
        "tenant_id": f"acme-{number % 50}",
        "task_type": "provision",
        "module_id": "erp-finance",
        "payload": {"environment": "production", "note": ""},
        "attempt": 1,
        "max_retries": 5,
        "created_at": "2026-11-23T17:49:39.980257944Z",
    }
    bare = json.dumps(task, separators=(",", ":"))
    return bare.replace('"note":""', f'"note":"{"x" * (size - len(bare))}"').encode()


async def fresh_queue(connection: Connection) -> None:
    """Delete every stream of the queue and create them anew, as a worker does."""
    api = connection.api
    for name in (await api.request("STREAM.NAMES"))["streams"] or ():
        await api.request(f"STREAM.DELETE.{name}")
    await ensure(api, NAMES, refused=_complain)


async def publish(connection: Connection, count: int, first: int = 0) -> None:
    """Store so many tasks; each is acknowledged."""
    client = connection.client
    acknowledged = 0
    more = asyncio.Event()

    async def count_one(_answer: Msg) -> None:
        nonlocal acknowledged
        acknowledged += 1
        more.set()

    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox, cb=count_one)
    for sent in range(count):
        await client.publish(NAMES.tasks, task_body(first + sent), reply=inbox)
        while sent - acknowledged >= WINDOW:
            more.clear()
            await more.wait()
    while acknowledged < count:
        more.clear()
        await asyncio.wait_for(more.wait(), PATIENCE)
    await subscription.unsubscribe()


@contextmanager
def running(command: list[str], copies: int = 1, stderr: int | None = None) -> Iterator[list[int]]:
    """Run so many processes of a Python module; yields their ids and kills them at the end.

    Their log goes to the file descriptor `stderr`, to this process's own where that is None.
    """
    line = [sys.executable, "-m", *command]
    none = subprocess.DEVNULL
    processes = [
        subprocess.Popen(line, stdin=none, stdout=none, stderr=stderr) for _ in range(copies)
    ]
    try:
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def tasks_left(connection: Connection) -> int:
    """Return how many tasks are not acknowledged yet."""
    info = await connection.api.request(
        f"STREAM.INFO.{NAMES.stream}", {"subjects_filter": NAMES.tasks}
    )
    return int((info["state"].get("subjects") or {}).get(NAMES.tasks, 0))


async def tasks_told(connection: Connection) -> int:
    """Return of how many tasks there are events; a worker that stopped has sent all of its own."""
    body = {"subjects_filter": NAMES.events("*")}
    info = await connection.api.request(f"STREAM.INFO.{NAMES.events_stream}", body)
    return int(info["state"]["num_subjects"])


async def until_done(connection: Connection) -> None:
    """Return when all tasks are acknowledged."""
    while left := await tasks_left(connection):
        await _fewer_left(connection, left)


async def put_off(connection: Connection, count: int) -> None:
    """Store so many tasks and give each back, to come again in a day."""
    await publish(connection, count)
    context = connection.client.jetstream()
    subscription = await context.pull_subscribe_bind(NAMES.consumer, NAMES.stream)
    done = 0
    while done < count:
        for message in await subscription.fetch(min(500, count - done), timeout=PATIENCE):
            await message.nak(delay=24 * 3600)
            done += 1
    await subscription.unsubscribe()
    await connection.flush(PATIENCE)


async def measure(
    connection: Connection, count: int, pids: list[int], server: int, kept: int = 0
) -> Pace:
    """Return the pace at which `count` tasks go, from the first on: starting up does not count.

    `kept` tasks more lie there and stay.

    Raises:
        StalledError: nothing moves.
    """
    left = count
    while left == count:
        left = await _fewer_left(connection, kept + left) - kept
    began, first = time.monotonic(), left
    cpu, server_cpu = _cpu(pids), _cpu([server])
    while left > 0:
        left = await _fewer_left(connection, kept + left) - kept
    seconds = time.monotonic() - began
    return Pace(first / seconds, (_cpu(pids) - cpu) / first, (_cpu([server]) - server_cpu) / first)


async def _fewer_left(connection: Connection, before: int) -> int:
    """Return how many tasks are left once there are fewer than before."""
    deadline = time.monotonic() + PATIENCE
    while True:
        await asyncio.sleep(LOOK)
        left = await tasks_left(connection)
        if left < before:
            return left
        if time.monotonic() > deadline:
            raise StalledError(f"{left} tasks are left, and nothing moves")


def memory(pid: int) -> int:
    """Return the resident bytes of a process; 0 where this system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def _cpu(pids: list[int]) -> float:
    """Return the processor seconds that processes used; 0 where this system does not tell."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def _complain(stream: str, error: ApiError) -> None:
    raise RuntimeError(f"{stream}: {error}")
