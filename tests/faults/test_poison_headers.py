"""Header blocks that no client would send: they stop neither a worker nor a connection."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, letters, publish
from tests.support.workers import Calls, working

BODY = b'{"task_id":"poison","task_type":"provision"}'


async def publish_raw(server: NatsServer, subject: str, header_block: bytes, body: bytes) -> None:
    """Publish with whatever bytes as headers, past every client."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b'CONNECT {"headers":true,"verbose":false}\r\n')
    size = len(header_block) + len(body)
    writer.write(b"HPUB %b %d %d\r\n" % (subject.encode(), len(header_block), size))
    writer.write(header_block + body + b"\r\nPING\r\n")
    while not (line := await asyncio.wait_for(reader.readline(), 5)).startswith(b"PONG"):
        assert not line.startswith(b"-ERR"), line
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    "block",
    [
        b"NATS/1.0",
        b"NATS/1.0\r\n\r\n",
        b"NATS/1.0 \xff\xfe\xfd bad\r\n\r\n",
        b"NATS/1.0 100 Idle Heartbeat\r\n\r\n",
        b"NATS/1.0 408 \xff\r\n\r\n",
        b"NATS/1.0\r\nStatus: 100\r\n\r\n",
        b"NATS/1.0\r\nno colon at all\r\n: x\r\n\xff: y\r\n\r\n",
        b"x",
    ],
)
async def test_a_task_with_strange_headers_is_run_like_any_other(
    nats_server: NatsServer, block: bytes
) -> None:
    calls = Calls()
    async with queue(nats_server) as where, working(nats_server, calls) as worker:
        await publish_raw(nats_server, NAMES.tasks, block, BODY)
        await publish(where, task(1))
        await eventually(lambda: all_done(where), within=5)
        assert await letters(where) == []
        assert not worker.logged("nats.disconnected")
    assert sorted(calls.ids) == ["poison", "task-1"]


async def test_nor_do_they_end_what_else_the_connection_does(nats_server: NatsServer) -> None:
    seen: list[bytes] = []
    async with queue(nats_server) as where:

        async def take(message: Any) -> None:
            seen.append(message.data)

        await where.connection.client.subscribe("some.subject", cb=take)
        assert await where.connection.flush(5)
        await publish_raw(nats_server, "some.subject", b"NATS/1.0", b"unreadable")
        await publish_raw(nats_server, "some.subject", b"NATS/1.0\r\n\r\n", b"readable")
        await eventually(lambda: b"readable" in seen)
        assert await where.connection.flush(5)
        assert where.connection.reconnects == 0
