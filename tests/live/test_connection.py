"""How a connection is found, lost and found again."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.nats_server import NatsServer
from tests.support.waiting import eventually
from worker.event_loop import fast_loop
from worker.jetstream.connect.connection import connect
from worker.jetstream.errors import UnreachableError
from worker.model.link import ConnectionOptions, LinkChange

WEBSOCKET = """
import asyncio, sys
from worker.jetstream.connect.connection import connect
from worker.model.link import ConnectionOptions

async def main():
    print("aiohttp" in sys.modules)
    async with connect(ConnectionOptions(servers=(sys.argv[1],), name="test"), within=10) as link:
        print(link.is_connected, await link.flush(5))

asyncio.run(main())
"""


def options(*servers: str) -> ConnectionOptions:
    return ConnectionOptions(servers=servers, name="test")


async def test_a_server_that_comes_late_is_found(nats_server: NatsServer) -> None:
    nats_server.stop()
    told: list[LinkChange] = []
    waiting = connect(options(nats_server.url), listener=told.append)
    entering = asyncio.create_task(waiting.__aenter__())
    await eventually(lambda: len([change for change in told if change.event == "error"]) > 1)
    assert not entering.done()
    nats_server.start()
    connection = await entering
    assert connection.is_connected
    assert max(change.attempt for change in told) > 1
    assert told[-1].event == "connected"
    await waiting.__aexit__(None, None, None)


async def test_patience_has_an_end_where_one_is_given(nats_server: NatsServer) -> None:
    nats_server.stop()
    with pytest.raises(UnreachableError, match=f"no NATS server answers at {nats_server.url}"):
        async with connect(options(nats_server.url), within=0.3):
            pass


def test_who_gives_up_while_it_connects_leaves_nothing_behind(nats_server: NatsServer) -> None:
    told: list[Mapping[str, Any]] = []

    async def stay() -> None:
        async with connect(options(nats_server.url)):
            await asyncio.Event().wait()

    async def give_up(after: float) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context))
        staying = asyncio.create_task(stay())
        await asyncio.sleep(after)
        staying.cancel()
        await asyncio.wait((staying,))
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with asyncio.Runner(loop_factory=fast_loop()) as runner:
        for number in range(50):
            runner.run(give_up(number * 0.0001))
        gc.collect()
    assert told == []


async def test_credentials_are_not_told(nats_server: NatsServer) -> None:
    nats_server.stop()
    told: list[LinkChange] = []
    url = nats_server.url.replace("nats://", "nats://ana:s3cret@")
    with pytest.raises(UnreachableError) as refusal:
        async with connect(options(url), within=0.3, listener=told.append):
            pass
    assert "s3cret" not in str(refusal.value) + repr(told)


async def test_a_websocket_is_loaded_when_it_is_asked_for(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WEBSOCKET]
    config = 'websocket { host: "127.0.0.1", port: -1, no_tls: true }'
    with NatsServer(tmp_path, config=config) as server:
        (url,) = server.ports["websocket"]
        asked = await asyncio.create_subprocess_exec(*command, url, stdout=asyncio.subprocess.PIPE)
        told, _ = await asyncio.wait_for(asked.communicate(), 30)
    assert told.split() == [b"False", b"True", b"True"]


async def test_a_restart_is_told_and_survived(nats_server: NatsServer) -> None:
    told: list[str] = []
    async with connect(options(nats_server.url), within=10) as connection:
        unlisten = connection.listen(lambda change: told.append(change.event))
        nats_server.restart(kill=True)
        await eventually(lambda: "reconnected" in told)
        unlisten()
        assert told.index("disconnected") < told.index("reconnected")
        assert (connection.losses, connection.reconnects) == (1, 1)
        assert await connection.flush(5)
    assert "closed" not in told


async def test_waiting_for_a_server_ends_when_it_is_back(nats_server: NatsServer) -> None:
    async with connect(options(nats_server.url), within=10) as connection:
        await asyncio.wait_for(connection.wait_connected(), 1)
        nats_server.kill()
        await eventually(lambda: not connection.is_connected)
        waiting = asyncio.create_task(connection.wait_connected())
        done, _ = await asyncio.wait((waiting,), timeout=0.2)
        assert not done
        assert not await connection.flush(0.1)
        nats_server.start()
        await asyncio.wait_for(waiting, 10)
        assert connection.is_connected


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
async def test_what_was_not_sent_is_not_sent_later(nats_server: NatsServer) -> None:
    async with (
        connect(options(nats_server.url), within=10) as heard,
        connect(options(nats_server.url), within=10) as connection,
    ):
        received: list[bytes] = []

        async def receive(message: object) -> None:
            received.append(getattr(message, "data", b""))

        await heard.client.subscribe("late", cb=receive)
        await heard.flush(5)
        nats_server.pause()
        # More than the socket's buffers hold, so that some of it stays with the client.
        while connection.client.pending_data_size < 1_000_000:
            await connection.client.publish("late", b"x" * 100_000)
        nats_server.kill()
        await eventually(lambda: connection.losses == 1)
        nats_server.start()
        await asyncio.wait_for(connection.wait_connected(), 10)
        await asyncio.wait_for(heard.wait_connected(), 10)
        assert await heard.flush(5)
        await connection.client.publish("late", b"fresh")
        await eventually(lambda: b"fresh" in received)
    assert received == [b"fresh"]
