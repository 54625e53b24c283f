"""The fixtures themselves: what a test may rely on when it is handed a server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError

from tests.conftest import StartNats
from tests.support.clients import connected
from tests.support.nats_server import NatsServer, ServerError
from tests.support.server_versions import installed_version, older_versions

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


async def keep(server: NatsServer, body: bytes) -> None:
    async with connected(server) as client:
        await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
        await client.jetstream().publish("kept", body)


async def kept(server: NatsServer) -> bytes | None:
    async with connected(server) as client:
        return (await client.jetstream().get_msg("KEPT", 1)).data


async def test_takes_clients_with_jetstream_at_once(nats_server: NatsServer) -> None:
    async with connected(nats_server) as client:
        assert client.connected_server_version.major == 2
        assert (await client.jetstream().account_info()).streams == 0


async def test_a_killed_server_comes_back_with_its_data(nats_server: NatsServer) -> None:
    await keep(nats_server, b"still here")
    port, pid = nats_server.port, nats_server.pid
    nats_server.kill()
    assert not answers(port)
    nats_server.start()
    assert (nats_server.port, nats_server.pid == pid) == (port, False)
    assert await kept(nats_server) == b"still here"


@pytest.mark.parametrize("kill", [False, True])
async def test_restarts_on_the_same_port_and_store(nats_server: NatsServer, kill: bool) -> None:
    await keep(nats_server, b"kept")
    url = nats_server.url
    nats_server.restart(kill=kill)
    assert nats_server.url == url
    assert await kept(nats_server) == b"kept"


@posix_only
async def test_a_paused_server_answers_again_when_resumed(nats_server: NatsServer) -> None:
    async with connected(nats_server) as client:
        nats_server.pause()
        with pytest.raises(NatsTimeoutError):
            await client.jetstream(timeout=0.2).account_info()
        nats_server.resume()
        assert (await client.jetstream().account_info()).streams == 0


@posix_only
def test_a_paused_server_can_be_stopped(nats_server: NatsServer) -> None:
    nats_server.pause()
    nats_server.stop()
    assert not answers(nats_server.port)


def test_two_servers_get_ports_of_their_own(start_nats: StartNats) -> None:
    first, second = start_nats("first"), start_nats("second")
    assert first.port != second.port
    assert answers(first.port)
    assert answers(second.port)


def test_nothing_is_left_after_stop(start_nats: StartNats) -> None:
    server = start_nats()
    port = server.port
    server.stop()
    assert not server.is_running
    assert not answers(port)
    assert list(server.directory.glob("*.ports")) == []
    server.stop()


def test_nothing_is_left_after_the_test_that_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), NatsServer(tmp_path) as server:
        _ = 1 / 0
    assert not server.is_running
    assert not answers(server.port)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_nothing_is_left_when_the_test_process_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from tests.support.nats_server import NatsServer; "
        "server = NatsServer(pathlib.Path(sys.argv[1])); server.start(); "
        "print(server.port, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        assert answers(port)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while answers(port) and time.monotonic() < deadline:
        os.sched_yield()
    assert not answers(port)


async def test_takes_configuration_text(start_nats: StartNats) -> None:
    server = start_nats(
        config='max_payload: 4096\nauthorization { user: "u", password: "p" }',
        jetstream="domain: hub",
    )
    async with connected(server, user="u", password="p") as client:
        assert client.max_payload == 4096
        assert (await client.jetstream().account_info()).domain == "hub"


async def test_jetstream_can_be_left_off(start_nats: StartNats) -> None:
    async with connected(start_nats(jetstream=None)) as client:
        with pytest.raises(NoRespondersError):
            await client.request("$JS.API.INFO", timeout=2)


def test_a_server_that_cannot_start_says_why(start_nats: StartNats) -> None:
    with pytest.raises(ServerError, match="nonsense"):
        start_nats(config="nonsense: true")


def test_a_shared_server_is_started(shared_nats: NatsServer) -> None:
    assert answers(shared_nats.port)
    assert shared_nats.version == installed_version()


async def test_runs_each_supported_version(server_versions: NatsServer) -> None:
    async with connected(server_versions) as client:
        assert str(client.connected_server_version) == f"<nats server v{server_versions.version}>"


def test_the_supported_versions_reach_back_to_the_oldest_in_use() -> None:
    assert [version.rpartition(".")[0] for version in older_versions()] == ["2.10", "2.11", "2.12"]
