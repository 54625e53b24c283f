"""A worker on a cluster of three: the server it talks to is killed, and it goes on with another."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conftest import StartNats
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, task
from tests.support.waiting import eventually
from tests.support.workers import log_lines, worker_process
from worker.jetstream.api import Api
from worker.jetstream.connect.connection import connect
from worker.jetstream.errors import JetStreamError
from worker.jetstream.info import consumer_state, stream_state
from worker.jetstream.topology.layout import ensure
from worker.model.link import ConnectionOptions

COUNT = 60


@pytest.fixture
def cluster(start_nats: StartNats) -> list[NatsServer]:
    """Three servers, each knowing the routes of all."""
    with contextlib.ExitStack() as taken:
        holders = [taken.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in "abc"]
        ports = [holder.getsockname()[1] for holder in holders]
    routes = ", ".join(f"nats-route://127.0.0.1:{port}" for port in ports)
    return [
        start_nats(
            f"n{port}",
            config=f'cluster {{ name: c, listen: "127.0.0.1:{port}", routes: [ {routes} ] }}',
        )
        for port in ports
    ]


@asynccontextmanager
async def replicated(cluster: list[NatsServer]) -> AsyncIterator[Api]:
    """The queue with three copies of each stream, as `topology apply --replicas 3` makes it."""
    options = ConnectionOptions(servers=tuple(server.url for server in cluster), name="test")
    async with connect(options, within=20) as connection:

        async def made() -> bool:
            with contextlib.suppress(JetStreamError):
                await ensure(connection.api, NAMES, replicas=3)
                return True
            return False

        # Until the servers have chosen a leader.
        await eventually(made, within=60)
        yield connection.api


async def publish(api: Api, number: int) -> None:
    """Publish a task for certain: a repeat is known by its id."""

    async def stored() -> bool:
        body, message_id = json.dumps(task(number)).encode(), f"once-{number}"
        with contextlib.suppress(JetStreamError):
            await api.publish(NAMES.tasks, body, headers={"Nats-Msg-Id": message_id})
            return True
        return False

    await eventually(stored, within=60)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_the_server_it_talks_to_is_killed(cluster: list[NatsServer], tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    urls = ",".join(server.url for server in cluster)
    flags = ("--server", urls, "--sim-duration", "0.05-0.2")
    async with replicated(cluster) as api:
        with worker_process(cluster[0], log, *flags):
            for number in range(COUNT):
                await publish(api, number)
            await eventually(lambda: len(log_lines(log, "task.done")) > COUNT // 4, within=60)
            where = log_lines(log, "nats.connected")[0]["server"]
            (killed,) = [server for server in cluster if where in server.url]
            killed.kill()
            await eventually(lambda: log_lines(log, "nats.reconnected"), within=30)

            async def over() -> bool:
                with contextlib.suppress(JetStreamError):
                    consumer = await consumer_state(api, NAMES.stream, NAMES.consumer)
                    letters = (await stream_state(api, NAMES.dlq_stream)).messages
                    return consumer.pending == consumer.ack_pending == letters == 0
                return False

            await eventually(over, within=90)
    done = [line["task_id"] for line in log_lines(log, "task.done")]
    assert len(done) == len(set(done))
    assert set(done) == {f"task-{number}" for number in range(COUNT)}
