"""`dlq list` and `dlq groups` with a selection: real process, real server, pipe and terminal."""

from __future__ import annotations

import asyncio
import json
import os
import signal

from farutech_console.operations.letters.record_keys import GROUP_KEYS
from tests.live.test_cli_dlq import LIST_KEYS
from tests.support.commands import CONSOLE, console, start
from tests.support.nats_server import NatsServer
from tests.support.queues import Queue, letter, queue
from tests.support.terminal import in_terminal


async def bury_some(q: Queue) -> None:
    for number in range(6):
        await q.bury(
            letter(number, error=f"timeout after {number} s" if number % 2 else "disk full")
        )


async def test_list_takes_a_filter_and_a_limit(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await bury_some(q)
        timeouts = await console("dlq", "list", "error:~timeout", "--json", server=nats_server)
        some = await console(
            "dlq", "list", "--limit", "2", "--oldest", "--json", server=nats_server
        )
        gone = await console("dlq", "list", "--seq", "8", "--seq", "9", server=nats_server)
        first = await console("dlq", "list", "--limit", "1", server=nats_server)
        table = await console("dlq", "list", "error:~timeout", "--limit", "2", server=nats_server)
        none = await console("dlq", "list", "error:timeout", server=nats_server)
    assert [list(line) for line in timeouts.lines] == [LIST_KEYS] * 3
    assert [line["sequence"] for line in timeouts.lines] == [6, 4, 2]
    assert [line["sequence"] for line in some.lines] == [1, 2]
    assert gone.err == "2 that were named are not there: replayed, purged or expired.\n"
    assert first.err == "The newest 1 of 6; --limit 0 lists them all.\n"
    assert len(table.out.splitlines()) == 3
    assert table.err.startswith("The newest 2 that match: 3 of 6 letters were looked at;")
    assert (none.code, none.out) == (0, "")
    assert none.err.startswith(
        "None of 6 dead letters matches. A value after : is the whole text; error:~"
    )


async def test_groups_counts_by_cause(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await bury_some(q)
        said = await console("dlq", "groups", "--json", server=nats_server)
        key = said.lines[0]["cause"]
        found = await console("dlq", "list", f"cause:{key}", "--json", server=nats_server)
        table = await console("dlq", "groups", "seq>1", "--top", "1", server=nats_server)
        none = await console("dlq", "groups", "nowhere", server=nats_server)
    assert [list(line) for line in said.lines] == [list(GROUP_KEYS)] * 2
    assert {(line["text"], line["count"]) for line in said.lines} == {
        ("disk full", 3),
        ("timeout after <n> s", 3),
    }
    assert [line["share"] for line in said.lines] == [0.5, 0.5]
    assert len(found.lines) == 3
    assert "timeout after <n> s" in table.out
    assert table.err == "The 1 largest of 2 groups; --top 0 for all.\n"
    assert (none.out, none.err) == ("", "None of 6 dead letters matches.\n")


async def test_a_mistake_in_the_filter_is_2_and_points_at_it() -> None:
    said = await console("dlq", "list", "tenant:acme age>2y")
    assert (said.code, said.out) == (2, "")
    assert "column 17" in said.err
    assert said.err.splitlines()[-1] == "  " + " " * 16 + "^"


async def test_ctrl_c_ends_a_long_list(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(1200)
        # It cannot end by itself: no pipe holds that much.
        process = await start("dlq", "list", "age>0s", "--json", server=nats_server)
        assert process.stdout is not None
        first = await process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, err = await process.communicate()
    lines = [json.loads(line) for line in (first + rest).splitlines()]
    assert process.returncode == 130
    assert b"Stopping" in err
    assert 0 < len(lines) < 1200


async def test_rows_fit_in_a_terminal(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury(letter(1, error="a very long error " * 20))
        command = [str(CONSOLE), "dlq", "list", "--server", nats_server.url]
        environment = {**os.environ, "COLUMNS": "80"}
        with in_terminal(command, environment, columns=80, rows=24) as (terminal, process):
            assert await asyncio.to_thread(terminal.wait_for_end, process) == 0
            lines = terminal.text().splitlines()
    assert lines[1].startswith("1 ")
    assert "a very long error" in lines[1]
    assert lines[1].rstrip().endswith("…")
    assert not lines[2].strip()
