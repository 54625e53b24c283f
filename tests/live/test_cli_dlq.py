"""`farutech-console dlq` as a script and an operator use it: real process, real server."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.support.commands import console, start
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, letter, queue

SAMPLES = Path(__file__).parents[1] / "samples"
LIST_KEYS = [
    "sequence",
    "died_at",
    "task_id",
    "tenant_id",
    "task_type",
    "module_id",
    "error",
    "reason",
    "attempts",
    "replays",
    "worker_id",
    "expires_at",
]
HOSTILE = "[/red][@click=app.quit]x[/]\x1b[31m\x00\u202e"


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_list_prints_a_line_a_letter_with_the_promised_keys(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        for line in (SAMPLES / "go-dead-letters.jsonl").read_bytes().splitlines():
            await q.bury(line)
        said = await console("dlq", "list", "--json", server=nats_server)
    assert (said.code, said.err) == (0, "")
    assert [list(line) for line in said.lines] == [LIST_KEYS] * 4
    newest, oldest = said.lines[0], said.lines[-1]
    assert (newest["task_id"], newest["task_type"], newest["attempts"]) == ("b-1", "bogus", 1)
    assert oldest["died_at"] == "2026-11-23T17:49:42.224142Z"
    assert (oldest["worker_id"], oldest["reason"]) == ("worker-go-01", None)
    assert (newest["expires_at"] is None) == (kind == "fresh")


async def test_replay_sends_each_back_once_and_sums_up(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(3)
        words = ("dlq", "replay", "--all", "--yes", "--json", "--server", nats_server.url)
        first, again = await console(*words), await console(*words)
        counts = await q.counts()
    assert first.code == 0
    *outcomes, summary = first.lines
    assert [list(line) for line in outcomes] == [["sequence", "task_id", "outcome", "detail"]] * 3
    assert {(x["sequence"], x["outcome"]) for x in outcomes} == {(s, "replayed") for s in kept}
    assert summary["summary"]["replayed"] == 3
    none = dict.fromkeys(summary["summary"], 0) | {"stopped": ""}
    assert again.lines == [{"summary": none}]
    assert counts.get(NAMES.tasks) == 3


async def test_purge_deletes_what_was_named(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(3)
        one = ("--seq", str(kept[0]), "--seq", "999")
        said = await console("dlq", "purge", *one, "--yes", "--json", server=nats_server)
        left = await console("dlq", "list", "--json", server=nats_server)
    assert said.code == 1
    *outcomes, summary = said.lines
    assert {(x["sequence"], x["outcome"]) for x in outcomes} == {
        (kept[0], "purged"),
        (999, "failed"),
    }
    assert (summary["summary"]["purged"], summary["summary"]["not_reached"]) == (1, 0)
    assert [line["sequence"] for line in left.lines] == kept[:0:-1]


async def test_a_dry_run_shows_the_plan_and_changes_nothing(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(2)
        plan = await console("dlq", "purge", "--all", "--dry-run", "--json", server=nats_server)
        words = await console("dlq", "replay", "--all", "--dry-run", server=nats_server)
        some = ("--seq", str(kept[0]), "--seq", "77", "--seq", "78")
        named = await console("dlq", "replay", *some, "--dry-run", server=nats_server)
        counts = await q.counts()
    assert [line["sequences"] for line in plan.lines] == [kept]
    assert plan.lines[0]["command"] == "farutech-console dlq purge --all"
    assert (words.code, words.out) == (0, "")
    assert "replay 2 dead letters" in words.err
    assert "missing" not in words.err
    assert "no dead letter lies under seq 77, 78" in named.err
    assert NAMES.tasks not in counts


async def test_show_tells_all_of_one_letter(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        sequence = await q.bury(letter(1), headers={"traceparent": "00-abc"})
        shown = await console("dlq", "show", str(sequence), "--json", server=nats_server)
        gone = await console("dlq", "show", "999", server=nats_server)
    assert shown.lines[0]["headers"]["traceparent"] == "00-abc"
    assert shown.lines[0]["letter"]["task"]["task_id"] == "task-1"
    assert (gone.code, gone.out) == (1, "")
    assert "no dead letter 999" in gone.err


async def test_what_came_over_the_wire_is_printed_literally(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        sequence = await q.bury(letter(1, error=HOSTILE, worker_id=HOSTILE))
        await q.bury(HOSTILE.encode() + b"\xff")
        for words in (("list",), ("show", str(sequence)), ("show", str(sequence + 1))):
            said = await console("dlq", *words, server=nats_server)
            assert said.code == 0, said.err
            assert "[/red][@click=app.quit]x[/]\\x1b[31m" in said.out
            assert not {"\x1b", "\x00", "\u202e"}.intersection(said.out)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "needs a terminal"),
        (("dlq", "replay"), "say which letters"),
        (("dlq", "purge", "--all", "--seq", "1"), "say which letters"),
        (("dlq", "purge", "--all"), "nobody can be asked"),
        (("dlq", "show", "zero"), "not a valid integer"),
        (("dlq", "list", "--limit", "-1"), "not in the range"),
    ],
)
async def test_wrong_usage_is_2_and_says_why(words: tuple[str, ...], why: str) -> None:
    said = await console(*words)
    assert (said.code, said.out) == (2, "")
    assert why in said.err
    assert "Traceback" not in said.err


async def test_no_server_is_3_and_names_it(nats_server: NatsServer) -> None:
    nats_server.stop()
    said = await console("--server", nats_server.url, "dlq", "list", "--json")
    assert (said.code, said.out) == (3, "")
    assert f"127.0.0.1:{nats_server.port}" in said.err
    assert len(said.err.splitlines()) == 1


async def test_no_queue_is_said_in_words(nats_server: NatsServer) -> None:
    said = await console("dlq", "list", server=nats_server)
    assert (said.code, said.out) == (1, "")
    assert "no stream PROVISIONING" in said.err
    assert len(said.err.splitlines()) == 1


async def test_a_read_only_console_refuses(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(1)
        words = ("--read-only", "dlq", "replay", "--all", "--yes", "--json")
        said = await console(*words, server=nats_server)
        assert said.code == 1
        assert "read-only" in said.err
        assert said.out == ""
        assert NAMES.tasks not in await q.counts()


async def test_ctrl_c_tells_exactly_what_was_done(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(11_000)  # More than a purge takes in one part.
        words = ("dlq", "purge", "--all", "--yes", "--json")
        process = await start(*words, server=nats_server)
        assert process.stdout is not None
        first = await process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
        lines = [json.loads(line) for line in (first + out).splitlines()]
        summary = lines[-1]["summary"]
        assert process.returncode == 130
        assert b"Stopping" in err
        assert summary["purged"] == len(lines) - 1
        assert 0 < summary["purged"] < len(kept)
        assert (await q.counts(NAMES.dlq_stream))[NAMES.dlq] == len(kept) - summary["purged"]
        assert summary["not_reached"] == len(kept) - summary["purged"]
