"""Work queues for tests: the fresh layout and the one that Go leaves, with letters in them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.support.nats_server import NatsServer
from worker.jetstream.api import Api, PubAck
from worker.jetstream.connect.connection import Connection, connect
from worker.jetstream.messages import next_message
from worker.jetstream.requests import Asked
from worker.jetstream.topology.layout import Layout, discover, ensure
from worker.model.link import ConnectionOptions
from worker.model.names import QueueNames

NAMES = QueueNames()
SAMPLES = Path(__file__).parents[1] / "samples"
LayoutKind = Literal["fresh", "go"]
AT_ONCE = 500
"""Letters that are buried together."""

# What the Go worker asks for, field by field: one stream for both subjects, no direct get.
GO_STREAM: Mapping[str, Any] = {
    "name": "PROVISIONING",
    "description": "Farutech provisioning tasks stream",
    "subjects": ["provisioning.tasks", "provisioning.dlq"],
    "retention": "workqueue",
    "storage": "file",
    "discard": "old",
    "num_replicas": 1,
    "max_age": 72 * 3600 * 10**9,
    "max_msgs": -1,
    "max_bytes": -1,
    "max_consumers": -1,
    "max_msg_size": -1,
}
GO_CONSUMER: Mapping[str, Any] = {
    "durable_name": "provisioning-worker",
    "filter_subject": "provisioning.tasks",
    "deliver_policy": "all",
    "ack_policy": "explicit",
    "ack_wait": 30 * 10**9,
    "max_deliver": 5,
    "replay_policy": "instant",
}


@dataclass(frozen=True)
class Queue:
    """A queue on a server, reached by one connection."""

    server: NatsServer
    connection: Connection
    layout: Layout

    @property
    def api(self) -> Api:
        return self.connection.api

    async def bury(
        self, body: bytes | Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> int:
        """Publish a dead letter; return its sequence."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return (await self.api.publish(NAMES.dlq, data, headers=headers)).sequence

    async def bury_many(self, count: int, **changes: object) -> list[int]:
        """Publish so many dead letters, in their order; return their sequences."""
        bodies = [json.dumps(letter(number, **changes)).encode() for number in range(count)]
        kept: list[int] = []
        for at in range(0, count, AT_ONCE):
            asked = [Asked(NAMES.dlq, body) for body in bodies[at : at + AT_ONCE]]
            for ack in await self.api.publish_all(asked):
                assert isinstance(ack, PubAck), ack
                kept.append(ack.sequence)
        return kept

    async def counts(self, stream: str = NAMES.stream) -> dict[str, int]:
        """How many messages lie under each subject of a stream."""
        answer = await self.api.request(f"STREAM.INFO.{stream}", {"subjects_filter": ">"})
        return dict(answer["state"].get("subjects") or {})

    async def tasks(self) -> list[dict[str, Any]]:
        """The tasks in the stream, decoded, oldest first; none is taken."""
        return [json.loads(body) for _, body in await self.raw_tasks()]

    async def raw_tasks(self) -> list[tuple[dict[str, str], bytes]]:
        """The tasks in the stream as they lie there: headers and body, oldest first."""
        found: list[tuple[dict[str, str], bytes]] = []
        sequence = 1
        while message := await next_message(self.api, NAMES.stream, NAMES.tasks, sequence):
            found.append((dict(message.headers), message.body))
            sequence = message.sequence + 1
        return found


def letter(number: int = 0, **changes: object) -> dict[str, Any]:
    """A dead letter of the Go fleet; `changes` replace its keys."""
    return {
        "dlq_timestamp": "2026-11-23T17:49:42.224142896Z",
        "error": "connection refused",
        "final_attempt": 5,
        "task": task(number),
        "worker_id": "worker-go-01",
    } | changes


def task(number: int = 0, **changes: object) -> dict[str, Any]:
    """A task of the Go fleet; `changes` replace its keys."""
    return {
        "task_id": f"task-{number}",
        "tenant_id": f"acme-{number % 3}",
        "task_type": "provision",
        "module_id": "erp",
        "payload": {"environment": "production"},
        "attempt": 5,
        "max_retries": 5,
        "created_at": "2026-11-23T17:49:39.980257944Z",
    } | changes


@asynccontextmanager
async def queue(server: NatsServer, kind: LayoutKind | None = "fresh") -> AsyncIterator[Queue]:
    """A queue with its streams and consumer, connected; with None it is there already."""
    options = ConnectionOptions(servers=(server.url,), name="test")
    async with connect(options, within=10) as connection:
        if kind == "go":
            await _create_as_go(connection.api)
        elif kind == "fresh":
            await ensure(connection.api, NAMES)
        yield Queue(server, connection, await discover(connection.api, NAMES))


async def _create_as_go(api: Api) -> None:
    await api.request("STREAM.CREATE.PROVISIONING", GO_STREAM)
    body = {"stream_name": "PROVISIONING", "config": GO_CONSUMER}
    await api.request("CONSUMER.DURABLE.CREATE.PROVISIONING.provisioning-worker", body)


def sample_lines(name: str) -> Iterable[bytes]:
    """The messages in a file of samples, one a line, as they were on the wire."""
    return (SAMPLES / name).read_bytes().splitlines()
