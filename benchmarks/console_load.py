"""What the console is measured with: dead letters in a stream, and task events at a steady rate.

As a program it makes events: `python -m benchmarks.console_load URL RATE SECONDS`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from benchmarks.worker_load import NAMES, fresh_queue, task_body
from worker.jetstream.connect.connection import Connection, connect
from worker.model.link import ConnectionOptions

ERRORS = (
    "connection refused: acme-db-{n}:5432",
    "timeout after {n} s",
    "unknown task type: 'migrate-{n}'",
    "quota exceeded for tenant acme-{n}",
)
BURST = 500
TICK_S = 0.02


def letter_body(number: int) -> bytes:
    """Return a dead letter of about 600 bytes."""
    error = ERRORS[number % 7 % len(ERRORS)].format(n=number % 97)
    died = f"{number // 3600 % 3:02}:{number // 60 % 60:02}:{number % 60:02}"
    letter = {
        "task": json.loads(task_body(number)) | {"attempt": 5},
        "error": error,
        "final_attempt": 5,
        "dlq_timestamp": f"2026-11-24T{died}Z",
        "worker_id": f"worker-{number % 8:03}",
        "reason": "attempts_exhausted",
        "error_type": "ConnectionRefusedError" if number % 7 % 4 == 0 else "TimeoutError",
        "replays": 1 if number % 50 == 0 else 0,
    }
    return json.dumps(letter, separators=(",", ":")).encode()


async def fill(url: str, count: int) -> None:
    """Make a fresh queue with so many dead letters in it."""
    async with connect(ConnectionOptions(servers=(url,), name="fill"), within=10) as connection:
        await fresh_queue(connection)
        await _bury(connection, count)


async def _bury(connection: Connection, count: int) -> None:
    """Publish without acknowledgements, in bursts that the server takes, and count at the end."""
    stored = 0
    while stored < count:
        for first in range(stored, count, BURST):
            for number in range(first, min(first + BURST, count)):
                connection.wire.put(NAMES.dlq, letter_body(number))
            await connection.wire.confirmed()
        stored = await _settled_count(connection)


async def _settled_count(connection: Connection) -> int:
    """Return how many letters lie there, once that number stands still."""
    before = -1
    while True:
        info = await connection.api.request(f"STREAM.INFO.{NAMES.dlq_stream}")
        now = int(info["state"]["messages"])
        if now == before:
            return now
        before = now
        await asyncio.sleep(0.2)


async def make_events(url: str, rate: float, seconds: float) -> None:
    """Publish tasks and what workers answer to them, as anyone in the account overhears it."""
    async with connect(ConnectionOptions(servers=(url,), name="load"), within=10) as connection:
        began, sent = time.monotonic(), 0
        while (passed := time.monotonic() - began) < seconds:
            while sent < passed * rate:
                _put_event(connection, sent)
                sent += 1
            await asyncio.sleep(TICK_S)
        await connection.wire.confirmed()


def _put_event(connection: Connection, number: int) -> None:
    if number % 2 == 0:
        connection.wire.put(NAMES.tasks, task_body(number))
        return
    numbers = f"1.{number // 2 + 1}.{number}.{time.time_ns()}.0"
    answer = b'-NAK {"delay": 20000000000}' if number % 10 == 1 else b"+ACK"
    connection.wire.put(f"$JS.ACK.{NAMES.stream}.{NAMES.consumer}.{numbers}", answer)


if __name__ == "__main__":
    asyncio.run(make_events(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
