"""Who looks elsewhere is called: the bytes that a console on a real server writes."""

from __future__ import annotations

import asyncio
import os
import re
import sys

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue
from tests.support.terminal import Terminal, in_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")

CONSOLE = (sys.executable, "-m", "farutech_console", "--lang", "en")
CALL = ("--call", "both", "--call-dead-letters", "2")
_THROUGH_TMUX = re.compile(rb"\x1bPtmux;\x1b\x1b\]9;([^\x07]*)\x07\x1b\\")


async def _bury(server: NatsServer, count: int) -> None:
    async with queue(server) as found:
        await found.bury_many(count)


async def _leave_one(server: NatsServer) -> None:
    async with queue(server) as found:
        await found.api.request(f"STREAM.PURGE.{NAMES.dlq_stream}", {"keep": 1})


def notifications(terminal: Terminal) -> list[str]:
    """What tmux was given for the terminal outside it."""
    return [told.decode() for told in _THROUGH_TMUX.findall(bytes(terminal.raw))]


def test_each_crossing_calls_once_through_tmux_too(nats_server: NatsServer) -> None:
    asyncio.run(_bury(nats_server, 1))
    env = os.environ | {"NATS_URL": nats_server.url, "TMUX": "/tmp/tmux-0/default,1,0"}
    with in_terminal([*CONSOLE, *CALL], env) as (terminal, _):
        terminal.wait_for("1 dead letter,")
        assert notifications(terminal) == []
        asyncio.run(_bury(nats_server, 1))
        terminal.wait_for(lambda _: notifications(terminal) != [])
        # Some polls later.
        terminal.wait_for(lambda shown: re.search(r"newest ([3-9]|\d\d) s ago", shown) is not None)
        asyncio.run(_leave_one(nats_server))
        terminal.wait_for("1 dead letter,")
        asyncio.run(_bury(nats_server, 1))
        terminal.wait_for(lambda _: len(notifications(terminal)) > 1)
        said = bytes(_THROUGH_TMUX.sub(b"", bytes(terminal.raw)))
        assert re.sub(rb"\x1b\][^\x07]*\x07", b"", said).count(b"\x07") == 2
        assert notifications(terminal) == ["PROVISIONING: 2 dead letters"] * 2
