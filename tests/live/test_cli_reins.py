"""Keys and signals that hold a run of `dlq replay` and `dlq purge`, and a terminal put back."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import termios
from collections.abc import Callable

import pytest

from tests.support.commands import CONSOLE, console, start
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, Queue, queue
from tests.support.terminal import Terminal, in_terminal
from tests.support.waiting import eventually

MANY = 400
STILL = 0.6
"""Seconds in which a run at 20/s would send a dozen letters."""
AUDIT = ("audit", "--json")
SLOWLY = ("dlq", "replay", "--all", "--yes", "--rate", "20/s")

Operate = Callable[[Terminal, "subprocess.Popen[bytes]"], None]


async def sent(q: Queue) -> int:
    return (await q.counts()).get(NAMES.tasks, 0)


async def operated(server: NatsServer, operate: Operate, *words: str) -> tuple[int, str]:
    """Run a command in a terminal, which must be as it was before; return code and screen."""
    env = dict(os.environ, NATS_URL=server.url)

    def run() -> tuple[int, str]:
        with in_terminal((str(CONSOLE), *words), env, 150, 50) as (terminal, process):
            before = termios.tcgetattr(terminal.child_fd)
            terminal.wait_for("q cancel")
            assert termios.tcgetattr(terminal.child_fd) != before
            operate(terminal, process)
            code = terminal.wait_for_end(process)
            assert termios.tcgetattr(terminal.child_fd) == before
            return code, terminal.text()

    return await asyncio.to_thread(run)


async def test_keys_change_the_rate_hold_it_and_cancel(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(MANY)
        loop = asyncio.get_running_loop()

        def count() -> int:
            return asyncio.run_coroutine_threadsafe(sent(q), loop).result(10)

        def operate(terminal: Terminal, _process: object) -> None:
            terminal.wait_for("of 20/s")
            terminal.send("+")
            terminal.wait_for("of 40/s")
            terminal.send("--")
            terminal.wait_for("of 10/s")
            terminal.send("p")
            terminal.wait_for("paused")
            held = count()
            terminal.read(STILL)
            assert count() == held
            terminal.send("p")
            terminal.wait_for(lambda screen: count() > held and "paused" not in screen)
            terminal.send("q")
            terminal.wait_for("not reached")

        code, shown = await operated(nats_server, operate, *SLOWLY)
        done = await sent(q)
        assert code == 130
        assert 0 < done < MANY
        assert f"{done:,} replayed, {MANY - done:,} not reached" in shown


@pytest.mark.parametrize("asking", [signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_that_asks_it_to_end_cancels_it(
    nats_server: NatsServer, asking: signal.Signals
) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(MANY)

        def operate(_terminal: Terminal, process: subprocess.Popen[bytes]) -> None:
            process.send_signal(asking)

        code, shown = await operated(nats_server, operate, *SLOWLY)
        done = await sent(q)
        assert code == 130
        assert f"{done:,} replayed, {MANY - done:,} not reached" in shown
        assert [entry["state"] for entry in (await console(*AUDIT, server=nats_server)).lines] == [
            "stopped"
        ]


async def test_a_signal_that_ends_it_leaves_the_terminal_as_it_was(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(MANY)

        def operate(_terminal: Terminal, process: subprocess.Popen[bytes]) -> None:
            process.send_signal(signal.SIGQUIT)

        code, _ = await operated(nats_server, operate, *SLOWLY)
        assert code == -signal.SIGQUIT


async def test_what_nohup_started_outlives_the_terminal(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(MANY)
        script = 'trap "" HUP; exec "$0" "$@"'
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", script, str(CONSOLE), *SLOWLY),
            env=dict(os.environ, NATS_URL=nats_server.url),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        await eventually(lambda: sent(q))
        process.send_signal(signal.SIGHUP)
        held = await sent(q)

        async def goes_on() -> bool:
            return await sent(q) > held + 5

        await eventually(goes_on)
        process.send_signal(signal.SIGTERM)
        _, err = await process.communicate()
        assert process.returncode == 130
        assert b"not reached" in err


async def test_a_run_that_fails_leaves_the_terminal_as_it_was(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(MANY)
        loop = asyncio.get_running_loop()

        def operate(_terminal: Terminal, _process: object) -> None:
            gone = q.api.request(f"STREAM.DELETE.{NAMES.dlq_stream}")
            asyncio.run_coroutine_threadsafe(gone, loop).result(10)

        code, _ = await operated(nats_server, operate, *SLOWLY)
        assert code == 1


async def test_a_purge_can_be_held_and_cancelled(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(6_000)

        def operate(terminal: Terminal, _process: object) -> None:
            terminal.send("p")
            terminal.wait_for("paused")
            terminal.send("q")

        code, shown = await operated(nats_server, operate, "dlq", "purge", "--all", "--yes")
        left = (await q.counts(NAMES.dlq_stream)).get(NAMES.dlq, 0)
        assert code == 130
        # Held before the first part of 5,000, or after it.
        assert left in (6_000, 1_000)
        assert f"{left:,} not reached" in shown


async def test_in_a_pipe_a_signal_holds_it_and_lets_it_go_on(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(MANY)
        process = await start(*SLOWLY, server=nats_server)
        await eventually(lambda: sent(q))
        process.send_signal(signal.SIGUSR1)
        await asyncio.sleep(0.2)
        held = await sent(q)
        await asyncio.sleep(STILL)
        assert await sent(q) == held
        process.send_signal(signal.SIGUSR1)

        async def goes_on() -> bool:
            return await sent(q) > held

        await eventually(goes_on)
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
        assert process.returncode == 130
        assert b"not reached" in err
        assert b"\x1b" not in out + err
