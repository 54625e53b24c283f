"""`dlq replay` and `dlq purge` at a pace, as a script and as an operator at a terminal use them."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from farutech_console.commands.progress_line import progress_text
from farutech_console.operations.pace.control import Progress
from farutech_console.operations.pace.pacing import parse_rate
from farutech_console.operations.pace.reasons import Reason
from tests.support.commands import CONSOLE, console
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, letter, queue
from tests.support.terminal import in_terminal
from tests.support.workers import Calls, working

MANY = 20_000
YES = ("--yes", "--json")


async def test_the_plan_tells_pace_history_and_the_same_command(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury(letter(1, replays=1))
        await q.bury(letter(2, replays=4))
        pace = ("--rate", "50/s", "--canary", "--stop-on-failure", "20%", "--unknown", "drop")
        words = ("dlq", "replay", "tenant:acme-*", *pace, "--dry-run")
        as_json = await console(*words, "--json", server=nats_server)
        in_words = await console(*words, server=nats_server)
    (plan,) = as_json.lines
    assert plan["pace"] == {
        "rate": "50/s",
        "canary": True,
        "canary_wait": 300.0,
        "stop_share": 0.2,
        "unknown": "drop",
    }
    assert plan["came_back"] == {"1": 1, "4": 1}
    assert plan["command"] == (
        "farutech-console dlq replay 'tenant:acme-*' --rate 50/s --canary --stop-on-failure 20% "
        "--unknown drop"
    )
    for said in (
        "replay 2 dead letters of PROVISIONING_DLQ",
        "1 once, 1 more often",
        "50/s, the first one alone, stop if more than 20 % die again",
        "no worker asks",
    ):
        assert said in in_words.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--rate", "fast"), "is no rate: say 50/s"),
        (("--stop-on-failure", "half"), "is no share: say 20%"),
        (("--canary-wait", "soon"), "is no length of time"),
        (("--unknown", "guess"), "is not one of"),
    ],
)
async def test_wrong_words_are_told_with_the_right_ones(words: tuple[str, ...], why: str) -> None:
    said = await console("dlq", "replay", "--all", *YES, *words)
    assert (said.code, said.out) == (2, "")
    assert why in said.err


async def test_a_canary_that_does_not_end_is_a_failure_that_is_told(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(3)
        words = ("dlq", "replay", "--all", *YES, "--canary", "--canary-wait", "1s")
        said = await console(*words, server=nats_server)
        assert len(await q.tasks()) == 1
    assert said.code == 1
    summary = said.lines[-1]["summary"]
    assert (summary["replayed"], summary["not_reached"]) == (1, 2)
    assert "has not ended within 1 s" in summary["stopped"]


async def test_a_canary_that_ends_well_lets_the_others_go(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q, working(nats_server, Calls()):
        await q.bury_many(5)
        said = await console("dlq", "replay", "--all", *YES, "--canary", server=nats_server)
    assert said.code == 0
    assert said.lines[-1]["summary"]["replayed"] == 5


async def test_production_asks_for_the_name(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(2)
        words = ("dlq", "purge", "--all", "--hard", *YES)
        asked = await console(*words, server=nats_server)
        wrong = await console(*words, "--confirm", "PROVISIONING", server=nats_server)
        assert (asked.code, wrong.code) == (2, 2)
        assert "--confirm PROVISIONING_DLQ" in asked.err
        assert (await q.counts(NAMES.dlq_stream))[NAMES.dlq] == 2
        right = await console(*words, "--confirm", "PROVISIONING_DLQ", server=nats_server)
        assert right.code == 0
        assert right.lines[-1]["summary"]["purged"] == 2
        assert await q.counts(NAMES.dlq_stream) == {}


async def test_at_a_terminal_it_asks_shows_how_far_it_is_and_stops_on_ctrl_c(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(200)
        env = dict(os.environ, NATS_URL=nats_server.url)
        command = (str(CONSOLE), "dlq", "replay", "--all", "--rate", "10/s")

        def operate() -> tuple[int, str]:
            with in_terminal(command, env, 110, 60) as (terminal, process):
                terminal.wait_for("Replay 200 dead letters? [y/N]")
                assert "10/s (20 s)" in terminal.text()
                terminal.send("y\r")
                terminal.wait_for("/200")
                terminal.wait_for("left")
                process.send_signal(signal.SIGINT)
                terminal.wait_for("not reached")
                return terminal.wait_for_end(process), terminal.text()

        code, shown = await asyncio.to_thread(operate)
        sent = len(await q.tasks())
        assert code == 130
        assert 0 < sent < 200
        assert f"{sent:,} replayed, {200 - sent:,} not reached" in shown
        assert "Cancelled." in shown
        assert "█" not in shown.splitlines()[-1]


def test_the_line_leaves_out_what_has_no_room() -> None:
    progress = Progress(
        total=1000,
        counts={"replayed": 498, "failed": 2},
        state="running",
        rate=parse_rate("50/s"),
        came_back=7,
        speed=49.6,
        eta=10.0,
        reason=Reason("blind", error="\x1b[31mred"),
    )
    whole = progress_text(progress, 200)
    assert whole.startswith("██████████░░░░░░░░░░  500/1,000  50/s of 50/s  10 s left  2 failed")
    assert "7 came back dead" in whole
    assert "\x1b" not in whole
    assert progress_text(progress, 56).endswith("10 s left")
    assert progress_text(progress, 200, "q cancel").endswith("(q cancel)")
    assert progress_text(progress, 10) == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("dlq", "replay", "--all", "--yes"), "Nothing was begun."),
        (("dlq", "list", "error:~nowhere"), "of 20,000 letters were read."),
        (("dlq", "groups", "error:~nowhere"), "of 20,000 letters were read."),
        (("dlq", "export", "error:~nowhere", "--output", "FILE"), "was not written."),
    ],
)
async def test_a_reading_is_shown_and_the_first_ctrl_c_ends_it(
    nats_server: NatsServer, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    file = tmp_path / "letters.jsonl"
    command = (str(CONSOLE), *(str(file) if word == "FILE" else word for word in words))
    async with queue(nats_server, "go") as q:
        await q.bury_many(MANY)
        env = dict(os.environ, NATS_URL=nats_server.url)

        def operate() -> tuple[int, str, bool]:
            with in_terminal(command, env, 110, 60) as (terminal, process):
                terminal.wait_for("of 20,000 read")
                process.send_signal(signal.SIGINT)
                code = terminal.wait_for_end(process)
                return code, terminal.text(), file.exists()

        code, shown, is_there = await asyncio.to_thread(operate)
        assert (code, is_there) == (130, False)
        assert told in shown.replace("\n", "")
        assert "of 20,000 read" not in shown.splitlines()[-1]
        assert (await q.counts()) == {NAMES.dlq: MANY}
