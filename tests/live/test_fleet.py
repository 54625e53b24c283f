"""The fleet as the console sees it: who reports, who only pulls, who fell silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from farutech_console.operations.fleet.view import WorkerView
from farutech_console.operations.fleet.workers import BACK_WITHIN, SILENT_AFTER, FleetWatch
from farutech_console.operations.queue import Queue as Handle
from tests.conftest import StartNats
from tests.live.test_service import report
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, Queue, queue
from tests.support.stuck import client
from tests.support.waiting import eventually
from worker.jetstream.connect.connection import Connection, connect
from worker.jetstream.fleet.service import answering
from worker.model.link import ConnectionOptions, Credentials


class HandClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


def handle(connection: Connection, clock: HandClock | None = None) -> Handle:
    return Handle(connection, NAMES, clock or HandClock(), operator="me@here")


@asynccontextmanager
async def worker_at(server: NatsServer, name: str, **changes: object) -> AsyncIterator[str]:
    async with (
        connect(ConnectionOptions(servers=(server.url,)), within=10) as connection,
        answering(connection, NAMES, lambda: report(name, **changes)) as instance,
    ):
        yield instance


async def test_a_worker_that_stops_answering_is_silent_and_one_that_leaves_in_order_is_gone(
    nats_server: NatsServer,
) -> None:
    clock, watch = HandClock(), FleetWatch()
    async with queue(nats_server) as q:
        where = handle(q.connection, clock)
        async with (
            worker_at(nats_server, "w-a", in_flight=2, held=1) as instance,
            worker_at(nats_server, "w-b", state="draining"),
        ):
            first = await watch.look(where, within=10, quiet=2)
            assert [(w.name, w.condition) for w in first.workers] == [
                ("w-a", "running"),
                ("w-b", "draining"),
            ]
            assert (first.busy, first.clients_told, first.clients) == (3, True, ())
        clock.time += 2 * SILENT_AFTER
        soon = await watch.look(where)
        assert [(w.name, w.condition) for w in soon.workers] == [("w-a", "running")]
        assert (first.missing, soon.missing) == (False, True)
        clock.time += SILENT_AFTER / 2
        later = await watch.look(where)
        assert [(w.key, w.condition) for w in later.silent] == [(instance, "silent")]
        assert later.silent[0].seen_at == first.at
        assert later.answered == ()
        async with worker_at(nats_server, "w-a"):
            again = await watch.look(where, within=10, quiet=2)
        assert [(w.name, w.condition) for w in again.workers] == [("w-a", "running")]
        clock.time += timedelta(days=1)
        assert (await watch.look(where)).workers == ()


async def test_a_worker_may_take_longer_than_we_to_come_back_to_a_server_that_was_gone(
    nats_server: NatsServer,
) -> None:
    clock, watch = HandClock(), FleetWatch()
    async with queue(nats_server) as q:
        where = handle(q.connection, clock)
        async with worker_at(nats_server, "w-a"):
            await watch.look(where, within=10, quiet=2)
        nats_server.kill()
        nats_server.start()
        await q.connection.wait_connected()
        clock.time += 10 * SILENT_AFTER
        for wait in (BACK_WITHIN, SILENT_AFTER):
            assert not (await watch.look(where)).silent
            clock.time += wait
        assert not (await watch.look(where)).silent
        clock.time += SILENT_AFTER / 5
        (silent,) = (await watch.look(where)).silent
        assert silent.name == "w-a"


async def test_a_client_that_pulls_is_a_worker_for_as_long_as_it_is_connected(
    server_versions: NatsServer,
) -> None:
    watch = FleetWatch()
    options = ConnectionOptions(servers=(server_versions.url,), name="go-worker")
    async with queue(server_versions, "go") as q, worker_at(server_versions, "w-a"):
        where = handle(q.connection)
        assert not (await watch.look(where, listen=0.05)).clients
        async with (
            connect(options, within=10) as other,
            client(Queue(server_versions, other, q.layout)) as taker,
        ):

            async def is_seen() -> tuple[WorkerView, ...]:
                looking = asyncio.create_task(watch.look(where, listen=0.3))
                await asyncio.sleep(0.05)
                await taker.pull(1, within=0.01)
                return (await looking).clients

            await eventually(is_seen)
            found = await watch.look(where, listen=0.01)
            (seen,) = found.clients
            assert (seen.name, seen.kind, seen.report) == ("go-worker", "client", None)
            assert seen.version.startswith("nats python")
            assert found.busy is None

        async def is_gone() -> bool:
            return not (await watch.look(where, listen=0.01)).clients

        await eventually(is_gone)


async def test_who_may_not_ask_the_server_gets_the_reports_alone(start_nats: StartNats) -> None:
    server = start_nats(
        config="""authorization { users: [
            { user: all, password: all }
            { user: few, password: few, permissions: { publish: { deny: ["$SYS.>"] } } }
        ] }"""
    )
    options = ConnectionOptions(
        servers=(server.url,), credentials=Credentials(user="few", password="few")
    )
    all_of_it = ConnectionOptions(
        servers=(server.url,), credentials=Credentials(user="all", password="all")
    )
    async with (
        connect(options, within=10) as connection,
        connect(all_of_it, within=10) as other,
        answering(other, NAMES, lambda: report("w-a")),
    ):
        found = await FleetWatch().look(handle(connection), listen=0.01)
    assert [w.name for w in found.workers] == ["w-a"]
    assert not found.clients_told
