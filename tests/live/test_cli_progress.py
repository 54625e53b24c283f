"""A bar on a terminal while letters come back or stuck tasks move; none in a pipe."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from farutech_console.operations.stuck.recover import plan_recovery, recover_stuck
from tests.support.commands import CONSOLE, Said, invoked
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import NAMES, queue
from tests.support.stuck import stuck
from tests.support.terminal import in_terminal

BAR = ("█", "░")


async def in_both(server: NatsServer, *words: str) -> tuple[str, str]:
    """Run a command at a terminal; return all that it showed there, and the screen at its end."""
    env = dict(os.environ, NATS_URL=server.url)

    def run() -> tuple[str, str]:
        with in_terminal((str(CONSOLE), *words), env, 110, 50) as (terminal, process):
            assert terminal.wait_for_end(process) == 0
            return terminal.raw.decode(errors="replace"), terminal.text()

    return await asyncio.to_thread(run)


def shows_how_far_it_was(shown: tuple[str, str], total: str) -> None:
    raw, screen = shown
    assert any(sign in raw for sign in BAR)
    assert f"/{total}" in raw
    assert not any(sign in screen for sign in BAR)


def shows_no_bar(said: Said) -> None:
    assert said.code == 0
    assert not any(sign in said.out + said.err for sign in (*BAR, "\x1b", "\r"))


async def test_undo_and_import(nats_server: NatsServer, tmp_path: Path) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(1_200)
        file = str(tmp_path / "letters.jsonl")
        purge = ("dlq", "purge", "--all", "--yes")
        await invoked("dlq", "export", "--all", "--output", file, server=nats_server)
        shows_no_bar(await invoked(*purge, server=nats_server))
        shown = await in_both(nats_server, "dlq", "undo", "--yes")
        shows_how_far_it_was(shown, "1,200")
        assert "1,200 planned, 1,200 restored" in shown[1]
        assert "restored  1 " not in shown[0]
        await invoked(*purge, server=nats_server)
        shows_no_bar(await invoked("dlq", "undo", "--yes", server=nats_server))
        shown = await in_both(nats_server, "dlq", "import", file, "--yes")
        shows_how_far_it_was(shown, "1,200")
        assert "1,200 planned, 1,200 already" in shown[1]


async def test_stuck_recover(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await stuck(q, 3)
        shown = await in_both(nats_server, "stuck", "recover", "--to", "work", "--yes")
        shows_how_far_it_was(shown, "3")
        assert "3 replayed" in shown[1]


async def test_recover_stops_where_it_is_asked_to(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await stuck(q, 3)
        o = operated(q)
        plan = await plan_recovery(o, "work", None, lambda _: asyncio.sleep(0))
        asked: list[bool] = []

        def stop() -> bool:
            asked.append(True)
            return True

        outcomes = [one.outcome async for one in recover_stuck(o, plan, stop=stop)]
        assert outcomes == ["replayed"]
        assert asked == [True]
        assert len(await q.tasks()) == 3
        assert await q.counts(NAMES.dlq_stream) == {}
