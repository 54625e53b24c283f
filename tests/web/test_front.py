"""Who gets at a served console, and what its processes are told."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from farutech_console.settings import ConsoleSettings
from farutech_console.web.server import SESSIONS, WebConsole
from tests.support.waiting import eventually
from tests.web.conftest import NOBODY, Serve, Served

PASSWORD = "not-for-everyone"


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def served(serve: Serve) -> Served:
    return serve()


async def _status(client: aiohttp.ClientSession, url: str, **headers: str) -> int:
    async with client.get(url, headers=headers) as answer:
        return answer.status


async def test_only_the_token_opens_it(client: aiohttp.ClientSession, served: Served) -> None:
    assert await _status(client, served.address) == 200
    for path in ("/", "/ws", "/static/textual.js", f"/{'x' * 43}/", "/%ff/", "/wrong/ws"):
        assert await _status(client, served.origin + path) == 404, path


async def test_a_name_that_was_made_to_resolve_to_this_machine_is_refused(
    client: aiohttp.ClientSession, served: Served
) -> None:
    assert await _status(client, served.address, Host="evil.example:8000") == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", None])
async def test_a_web_socket_of_another_page_is_refused(
    client: aiohttp.ClientSession, served: Served, origin: str | None
) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(served.socket, headers={"Origin": origin} if origin else {})
    assert refused.value.status == 403


async def test_the_page_may_load_nothing_from_elsewhere(
    client: aiohttp.ClientSession, served: Served
) -> None:
    async with client.get(served.address) as answer:
        text, policy = await answer.text(), answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "https://" not in text
    assert text.count("http://") == 0


@pytest.mark.parametrize("name", ["", "..%2fserver.py", "%2e%2e/page.py", "secret.txt"])
async def test_only_the_pages_own_files_are_served(
    client: aiohttp.ClientSession, served: Served, name: str
) -> None:
    assert await _status(client, f"{served.address}static/{name}") == 404


async def test_a_message_that_no_page_of_ours_sends_ends_the_session(
    client: aiohttp.ClientSession, served: Served
) -> None:
    for bad in ("{", '["stdin", 7]', '["quit"]', "[" * 50_000, '["resize", {"width": "x"}]'):
        async with client.ws_connect(served.socket, origin=served.origin) as socket:
            await socket.send_str(bad)
            async for _ in socket:
                pass
            assert socket.close_code == aiohttp.WSCloseCode.POLICY_VIOLATION, bad


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_consoles_process_gets_its_settings_and_nothing_else_of_ours(
    client: aiohttp.ClientSession, serve: Serve
) -> None:
    served = serve(NOBODY, {"NATS_PASSWORD": PASSWORD, "NATS_USER": "ana", "AWS_SECRET": "x"})
    async with client.ws_connect(served.socket, origin=served.origin) as socket:
        await socket.receive_bytes()
        (child,) = _children(served.process.pid)
        environment = _proc(child, "environ").split(b"\0")
        assert f"NATS_PASSWORD={PASSWORD}".encode() in environment
        assert not [each for each in environment if each.startswith(b"AWS_SECRET")]
        assert PASSWORD.encode() not in _proc(child, "cmdline")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("end", ["leave", signal.SIGTERM, signal.SIGKILL])
async def test_no_console_outlives_its_page_or_its_server(
    client: aiohttp.ClientSession, served: Served, end: str | signal.Signals
) -> None:
    async with client.ws_connect(served.socket, origin=served.origin) as socket:
        await socket.receive_bytes()
        (child,) = _children(served.process.pid)
        if isinstance(end, signal.Signals):
            served.process.send_signal(end)
            served.process.wait(15)
    await eventually(lambda: not Path(f"/proc/{child}").exists(), 15)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_console_that_is_killed_closes_its_page(
    client: aiohttp.ClientSession, served: Served
) -> None:
    async with client.ws_connect(served.socket, origin=served.origin) as socket:
        await socket.receive_bytes()
        (child,) = _children(served.process.pid)
        os.kill(child, signal.SIGKILL)
        async with asyncio.timeout(30):
            async for _ in socket:
                pass
        assert socket.closed


async def _ended(socket: aiohttp.ClientWebSocketResponse) -> str:
    """Wait until the web socket is closed; return why, as the page was told."""
    why = ""
    async with asyncio.timeout(30):
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                kind, told = json.loads(message.data)
                why = told if kind == "ended" else why
    return why


async def test_one_tab_too_many_is_told_why(client: aiohttp.ClientSession) -> None:
    port = unused_port()
    console = WebConsole(ConsoleSettings(server=NOBODY), port, "token")
    console._open = {web.WebSocketResponse() for _ in range(SESSIONS)}
    origin = f"http://127.0.0.1:{port}"
    async with (
        TestServer(console.application(), host="127.0.0.1", port=port),
        client.ws_connect(f"{origin}/token/ws", origin=origin) as socket,
    ):
        assert await _ended(socket) == f"{SESSIONS} consoles are open: close one."
        console._open.clear()


async def test_a_console_that_cannot_start_says_why_on_its_page(
    client: aiohttp.ClientSession, serve: Serve, tmp_path: Path
) -> None:
    context = tmp_path / "nats" / "context" / "ana.json"
    context.parent.mkdir(parents=True)
    context.write_text(json.dumps({"url": NOBODY}))
    (tmp_path / "nats" / "context.txt").write_text("ana")
    served = serve(NOBODY, {"XDG_CONFIG_HOME": str(tmp_path)})
    context.write_text("no JSON any more")
    async with client.ws_connect(served.socket, origin=served.origin) as socket:
        why = await _ended(socket)
    assert "NATS context 'ana'" in why
    assert "is not JSON" in why


async def test_the_page_speaks_the_operators_language(
    client: aiohttp.ClientSession, serve: Serve
) -> None:
    served = serve(NOBODY, {"FARUTECH_LANG": "es"})
    async with client.get(served.address) as answer:
        text = await answer.text()
    assert 'lang="es"' in text
    assert "La sesión ha terminado." in text
    assert "Opening" not in text


async def test_a_read_only_console_in_spanish_is_so_in_the_browser_too(
    client: aiohttp.ClientSession, serve: Serve
) -> None:
    served = serve(NOBODY, {"FARUTECH_READ_ONLY": "true", "FARUTECH_LANG": "es"})
    async with client.ws_connect(served.socket, origin=served.origin) as socket:
        drawn = b""
        while b"solo lectura" not in drawn:
            drawn += await socket.receive_bytes(timeout=30)


async def test_keys_reach_the_console_and_q_ends_it(
    client: aiohttp.ClientSession, served: Served
) -> None:
    async with client.ws_connect(served.socket, origin=served.origin) as socket:
        drawn = b""
        while b"No NATS server answers" not in drawn:
            drawn += await socket.receive_bytes(timeout=30)
        await socket.send_str(json.dumps(["stdin", "q"]))
        async for _ in socket:
            pass
        assert socket.close_code == aiohttp.WSCloseCode.OK


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(each) for each in text.split()]


def _proc(pid: int, name: str) -> bytes:
    return Path(f"/proc/{pid}/{name}").read_bytes()
