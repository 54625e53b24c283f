from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import pytest

from tests.conftest import StartNats
from tests.support.clients import connected
from tests.support.nats_server import NatsServer
from tests.support.waiting import eventually
from worker.jetstream.connect.connection import Connection, connect
from worker.jetstream.errors import UnreachableError
from worker.jetstream.fleet.service import SERVICE, answering, fleet, read_member
from worker.model.fleet import InvalidReportError, TaskReport, WorkerReport
from worker.model.link import ConnectionOptions, Credentials
from worker.model.names import QueueNames

NAMES = QueueNames()


def report(worker_id: str, **changes: Any) -> WorkerReport:
    fields: dict[str, Any] = {
        "worker_id": worker_id,
        "version": "0.1.0",
        "host": "h",
        "pid": 7,
        "stream": NAMES.stream,
        "consumer": NAMES.consumer,
        "totals": {"succeeded": 5, "retrying": 2, "dead_lettered": 1},
        "tasks": (TaskReport.of("t-1", "acme", "provision"),),
    }
    return WorkerReport(**(fields | changes))


@asynccontextmanager
async def at(
    server: NatsServer, credentials: Credentials | None = None
) -> AsyncIterator[Connection]:
    options = ConnectionOptions(servers=(server.url,), credentials=credentials or Credentials())
    async with connect(options, within=10) as connection:
        yield connection


async def test_the_fleet_is_who_answers(nats_server: NatsServer) -> None:
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(at(nats_server)) for _ in range(3)]
        ids = [
            await stack.enter_async_context(answering(connection, NAMES, partial(report, name)))
            for connection, name in zip(connections, ("w-b", "w-a", "w-a"), strict=True)
        ]
        found = await fleet(connections[0], within=10, quiet=2)
        assert [member.report.worker_id for member in found.members] == ["w-a", "w-a", "w-b"]
        assert {member.instance for member in found.members} == set(ids)
        assert found.members[2].report == report("w-b")
        assert found.members[2].started_at
        assert all(0 < member.rtt < 5 for member in found.members)
        assert found.unreadable == 0
        assert (await fleet(connections[0], stream="OTHER")).members == ()
        assert (
            len((await fleet(connections[0], stream=NAMES.stream, within=10, quiet=2)).members) == 3
        )


async def test_every_tool_that_knows_micro_services_sees_it(nats_server: NatsServer) -> None:
    async with (
        at(nats_server) as connection,
        connected(nats_server) as client,
        answering(connection, NAMES, lambda: report("w")) as instance,
    ):
        ping = json.loads((await client.request("$SRV.PING", timeout=5)).data)
        assert (ping["name"], ping["id"]) == (SERVICE, instance)
        assert ping["metadata"]["worker_id"] == "w"
        info = json.loads((await client.request(f"$SRV.INFO.{SERVICE}", timeout=5)).data)
        (endpoint,) = info["endpoints"]
        stats = json.loads(
            (await client.request(f"$SRV.STATS.{SERVICE}.{instance}", timeout=5)).data
        )
        (shown,) = stats["endpoints"]
        assert (shown["num_requests"], shown["num_errors"]) == (8, 3)
        own = await client.request(endpoint["subject"], timeout=5)
        assert WorkerReport.from_wire(json.loads(own.data)) == report("w")


async def test_with_no_worker_the_fleet_is_empty_at_once(nats_server: NatsServer) -> None:
    async with at(nats_server) as connection, asyncio.timeout(5):
        assert (await fleet(connection, within=60)).members == ()


async def test_strangers_are_counted_and_do_no_harm(nats_server: NatsServer) -> None:
    answers: list[bytes] = [
        b"",
        b"\xff",
        b"[" * 100_000,
        b"[]",
        b'{"id": 5}',
        b'{"id": "x", "endpoints": 5}',
        b'{"id": "x", "endpoints": [5, {"name": "tasks", "data": {"worker_id": 5}}]}',
        json.dumps({"id": "x", "endpoints": [{"name": "other"}]}).encode(),
    ]
    async with at(nats_server) as connection, connected(nats_server) as client:

        async def answer(message: Any) -> None:
            for data in answers:
                await message.respond(data)

        await client.subscribe(f"$SRV.STATS.{SERVICE}", cb=answer)
        await client.flush()
        async with answering(connection, NAMES, lambda: report("w")):
            found = await fleet(connection, within=10, quiet=2)
    assert [member.report.worker_id for member in found.members] == ["w"]
    assert found.unreadable == len(answers)
    for data in answers:
        with pytest.raises(InvalidReportError):
            read_member(data, 0.1)


async def test_someone_who_never_stops_answering_is_not_waited_for(nats_server: NatsServer) -> None:
    async with at(nats_server) as connection, connected(nats_server) as client:

        async def answer(message: Any) -> None:
            for _ in range(200):
                await message.respond(b"{}")
                await asyncio.sleep(0.02)

        await client.subscribe(f"$SRV.STATS.{SERVICE}", cb=answer)
        await client.flush()
        async with asyncio.timeout(30):
            found = await fleet(connection, within=2)
    assert found.unreadable > 0


async def test_a_worker_answers_again_after_the_server_came_back(nats_server: NatsServer) -> None:
    async with at(nats_server) as connection, answering(connection, NAMES, lambda: report("w")):
        nats_server.restart(kill=True)
        await eventually(lambda: connection.is_connected and connection.losses, 20)

        async def found() -> bool:
            return len((await fleet(connection)).members) == 1

        await eventually(found)


async def test_a_worker_that_left_is_gone_at_once(nats_server: NatsServer) -> None:
    async with at(nats_server) as asking, at(nats_server) as connection:
        began = asyncio.get_running_loop().time()
        async with answering(connection, NAMES, lambda: report("w")):
            pass
        assert asyncio.get_running_loop().time() - began < 2
        assert (await fleet(asking)).members == ()


async def test_leaving_while_the_server_is_away_takes_no_longer(nats_server: NatsServer) -> None:
    async with at(nats_server) as connection:
        async with answering(connection, NAMES, lambda: report("w")):
            nats_server.kill()
            await eventually(lambda: not connection.is_connected)
            began = asyncio.get_running_loop().time()
            with pytest.raises(UnreachableError):
                await fleet(connection)
        assert asyncio.get_running_loop().time() - began < 5


async def test_a_worker_that_may_not_answer_works_all_the_same(start_nats: StartNats) -> None:
    server = start_nats(
        config="""authorization { users: [
            { user: w, password: w, permissions: { subscribe: { deny: ["$SRV.>"] } } }
        ] }"""
    )
    async with at(server, Credentials(user="w", password="w")) as connection:
        async with answering(connection, NAMES, lambda: report("w")):
            assert (await fleet(connection)).members == ()
        assert connection.is_connected
