"""What worker tests ask and do with a queue."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, Queue
from tests.support.waiting import eventually
from tests.support.workers import ROOT, Calls
from worker.handlers.context import TaskContext
from worker.jetstream.messages import next_message
from worker.model.dead_letter import DeadLetter
from worker.model.task import Task


async def publish(
    where: Queue, body: Mapping[str, Any] | bytes, headers: Mapping[str, str] | None = None
) -> int:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return (await where.api.publish(NAMES.tasks, data, headers=headers)).sequence


async def tasks_left(where: Queue) -> int:
    return (await where.counts()).get(NAMES.tasks, 0)


async def all_done(where: Queue) -> bool:
    return await tasks_left(where) == 0


async def letters(where: Queue) -> list[tuple[DeadLetter, Mapping[str, str]]]:
    found: list[tuple[DeadLetter, Mapping[str, str]]] = []
    home, sequence = where.layout.dead_letters.name, 1
    while message := await next_message(where.api, home, NAMES.dlq, sequence):
        found.append((DeadLetter.from_wire(message.body), message.headers))
        sequence = message.sequence + 1
    return found


async def letter_of(where: Queue) -> tuple[DeadLetter, Mapping[str, str]]:
    """The only dead letter, once there is one and its task is gone from the queue."""

    async def found() -> bool:
        return bool(await letters(where)) and await all_done(where)

    await eventually(found)
    (only,) = await letters(where)
    return only


async def replay_all(server: NatsServer) -> None:
    """Replay every dead letter from the command line."""
    command = ("-m", "farutech_console", "dlq", "replay", "--all", "--yes", "--server", server.url)
    replaying = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )
    assert await replaying.wait() == 0


def failing(error: Exception) -> Calls:
    def answer(_task: Task, _context: TaskContext) -> None:
        raise error

    return Calls(answer)


async def with_ack_wait(where: Queue, seconds: float) -> None:
    """Give the consumer another ack wait."""
    answer = await where.api.request(f"CONSUMER.INFO.{NAMES.stream}.{NAMES.consumer}")
    config = answer["config"] | {"ack_wait": int(seconds * 10**9)}
    body = {"stream_name": NAMES.stream, "config": config, "action": "update"}
    verb = f"CONSUMER.CREATE.{NAMES.stream}.{NAMES.consumer}.{NAMES.tasks}"
    await where.api.request(verb, body)
