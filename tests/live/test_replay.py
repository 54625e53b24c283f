"""What a replay makes of letters: tasks again, and nothing lost where that fails."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, letter, queue, sample_lines
from tests.support.replays import LAYOUTS, left_behind, replay, replayer, results
from tests.support.waiting import eventually
from tests.support.workers import Calls, working
from worker.handlers.context import TaskContext
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.errors import ApiError
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayed, Replayer, StreamReplacedError
from worker.model.clock import SystemClock
from worker.model.task import Task


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_every_letter_becomes_its_task_again(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as q:
        assert q.layout.atomic_replay == (kind == "fresh" and q.layout.server.api_level >= 2)
        kept = await q.bury_many(250)
        outcomes = await replay(q, kept[:-2])
        assert results(outcomes) == {"replayed": 248}
        assert [outcome.sequence for outcome in outcomes] == kept[:-2]
        assert outcomes[3].task_id == "task-3"
        tasks = await q.tasks()
        assert sorted(task["task_id"] for task in tasks) == sorted(f"task-{n}" for n in range(248))
        assert {task["attempt"] for task in tasks} == {1}
        assert await left_behind(q) == {NAMES.dlq: 2}


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_the_samples_come_back_as_tasks_that_the_fleet_reads(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        kept = [await q.bury(line) for line in sample_lines("go-dead-letters.jsonl")]
        before = [json.loads(line)["task"] for line in sample_lines("go-dead-letters.jsonl")]
        assert results(await replay(q, kept)) == {"replayed": len(kept)}
        assert sorted(map(str, await q.tasks())) == sorted(
            str(task | {"attempt": 1}) for task in before
        )


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_a_message_that_never_was_a_task_goes_back_byte_for_byte(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        await q.bury(letter(reason="invalid", raw="AP9uYXRz", task={}))
        (outcome,) = await replay(q, [1])
        assert outcome.result == "replayed"
        ((_, body),) = await q.raw_tasks()
        assert body == b"\x00\xffnats"


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_headers_go_along_except_the_servers(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    mine = {"traceparent": "00-ab-cd-01", "Status": "503", "Tenant": "Básico"}
    async with queue(nats_server, kind) as q:
        poison = {
            "Nats-Msg-Id": "original",
            "nats-rollup": "sub",
            "Nats-TTL": "1s",
            "Nats-Expected-Last-Sequence": "0",
            "Farutech-Replay-Count": "2",
            "Farutech-Replay-Of": "forged",
        }
        # The server obeys some of these on the way in, so they are put where it cannot see them.
        sequence = await q.bury(letter(replays=1), headers=mine | {"Farutech-Replay-Count": "2"})
        stored = await DeadLetters(q.api, q.layout).letter(sequence)
        assert stored is not None
        hostile = replace(stored, headers=mine | poison)
        run = replayer(q)
        parts = await run._parts()
        task = parts.task_of(hostile)
        assert not isinstance(task, Replayed)
        assert not [name for name in task.headers if name.lower().startswith("nats-")]
        await replay(q, [sequence])
        ((headers, _),) = await q.raw_tasks()
        key = f"{q.layout.dlq_generation}-{sequence}"
        sent = {k: v for k, v in headers.items() if not k.startswith("Nats-")}
        assert sent == mine | {
            "Farutech-Replay-Of": f"{q.layout.dead_letters.name}:{sequence}",
            "Farutech-Replay-Count": "3",
            "Farutech-Replayed-By": "ops@host",
            "Farutech-Replay-Id": key,
        }


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_a_copied_message_id_does_not_swallow_the_replay(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    """The server would call a task with a known id a duplicate, and the letter would be gone."""
    async with queue(nats_server, kind) as q:
        await q.api.publish(NAMES.tasks, b"{}", msg_id="original")
        dlq_id = "original-dlq" if kind == "go" else "original"
        sequence = await q.bury(letter(7), headers={"Nats-Msg-Id": dlq_id})
        (outcome,) = await replay(q, [sequence])
        assert outcome.result == "replayed"
        assert [task.get("task_id") for task in await q.tasks()] == [None, "task-7"]


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_what_cannot_be_read_stays_with_the_reason(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        kept = [
            await q.bury(b"\x00\xff"),
            await q.bury(b"[1]"),
            await q.bury(letter(1)),
            await q.bury(letter(2, task=[])),
        ]
        outcomes = await replay(q, kept)
        assert [outcome.result for outcome in outcomes] == [
            "failed",
            "failed",
            "replayed",
            "failed",
        ]
        assert "not UTF-8" in outcomes[0].detail
        assert (await q.counts(q.layout.dead_letters.name))[NAMES.dlq] == 3
        assert [task["task_id"] for task in await q.tasks()] == ["task-1"]
        assert set(await left_behind(q)) == {NAMES.dlq}


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_what_the_stream_does_not_take_stays_and_the_others_go(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        big = letter(0)
        big["task"]["payload"] = {"x": "y" * 20_000}
        kept = [await q.bury(letter(1)), await q.bury(big), await q.bury(letter(2))]
        info = await q.api.request(f"STREAM.INFO.{NAMES.stream}")
        await q.api.request(
            f"STREAM.UPDATE.{NAMES.stream}", info["config"] | {"max_msg_size": 10_000}
        )
        outcomes = await replay(q, kept)
        assert [outcome.result for outcome in outcomes] == ["replayed", "failed", "replayed"], (
            outcomes
        )
        assert "maximum" in outcomes[1].detail
        assert await left_behind(q) == {NAMES.dlq: 1}


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_a_full_work_queue_fails_them_and_keeps_them(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        kept = await q.bury_many(3)
        info = await q.api.request(f"STREAM.INFO.{NAMES.stream}")
        full = {"max_bytes": info["state"]["bytes"] + 200, "discard": "new"}
        await q.api.request(f"STREAM.UPDATE.{NAMES.stream}", info["config"] | full)
        outcomes = await replay(q, kept)
        assert results(outcomes) == {"failed": 3}
        assert await left_behind(q) == {NAMES.dlq: 3}
        assert await q.tasks() == []


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_letters_that_are_gone_are_already_done(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        kept = await q.bury_many(3)
        await replay(q, kept[:1])
        outcomes = await replay(q, kept, run="run-2")
        assert [outcome.result for outcome in outcomes] == ["already", "replayed", "replayed"]
        assert len(await q.tasks()) == 3


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_stops_when_told_and_says_what_was_done(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    asked: list[int] = []

    async def allow(most: int) -> int:
        asked.append(most)
        return 7 if len(asked) < 3 else 0

    async with queue(nats_server, kind) as q:
        kept = await q.bury_many(30)
        told = [outcome.sequence async for outcome in replayer(q).run(kept, allow)]
        assert told == kept[:14]
        assert (asked, len(await q.tasks())) == ([30, 23, 16], 14)
        assert await left_behind(q) == {NAMES.dlq: 16}


async def test_a_new_life_of_the_stream_is_refused(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(2)
        await q.api.request(f"STREAM.DELETE.{NAMES.dlq_stream}")
        async with queue(nats_server) as again:
            await again.bury_many(2)
        with pytest.raises(StreamReplacedError, match="look at the letters again"):
            await replay(q, kept)
        assert await q.tasks() == []


async def test_a_failure_in_the_middle_takes_no_letter_with_it(nats_server: NatsServer) -> None:
    """All there are are deleted as one stretch; what failed before the last must not be in it."""
    async with queue(nats_server) as q:
        kept = await q.bury_many(30)
        reads = 0

        async def fail_once(step: str) -> None:
            nonlocal reads
            reads += step == "read"
            if step == "read" and reads == 3:
                raise ApiError("$JS.API.test", 503, 10008, "temporarily unavailable")

        async def by_three(most: int) -> int:
            return min(most, 3)

        author = Author("ops", "run")
        failing = Replayer(q.api, q.layout, author, clock=SystemClock(), step=fail_once)
        told: list[Replayed] = []

        async def take() -> None:
            async for outcome in failing.run(kept, by_three, complete=True):
                told.append(outcome)  # noqa: PERF401 - those before the failure count too

        with pytest.raises(ApiError, match="temporarily unavailable"):
            await take()
        assert set(results(told)) == {"replayed"}
        sent = [task["task_id"] for task in await q.tasks()]
        left = (await q.counts(q.layout.dead_letters.name))[NAMES.dlq]
        assert len(sent) == len(told)
        assert len(sent) + left == 30
        assert left >= 3
        outcomes = await replay(q, kept, run="again")
        assert results(outcomes) == {"replayed": left, "already": 30 - left}
        assert Counter(task["task_id"] for task in await q.tasks()) == {
            f"task-{n}": 1 for n in range(30)
        }


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_unreadable_letters_among_all_of_them_stay(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        before = await q.bury_many(4)
        broken = await q.bury(b"no letter")
        after = await q.bury_many(4)

        async def by_two(most: int) -> int:
            return min(most, 2)

        run = replayer(q).run([*before, broken, *after], by_two, complete=True)
        assert results([outcome async for outcome in run]) == {"replayed": 8, "failed": 1}
        stored = await DeadLetters(q.api, q.layout).letter(broken)
        assert stored is not None
        assert await left_behind(q) == {NAMES.dlq: 1}


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_a_worker_runs_what_was_replayed_and_knows_how_often(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    replays: list[int] = []

    def note(_task: Task, context: TaskContext) -> None:
        replays.append(context.replays)

    calls = Calls(note)
    async with queue(nats_server, kind) as q, working(nats_server, calls):
        kept = [await q.bury(letter(1)), await q.bury(letter(2, replays=2))]
        assert results(await replay(q, kept)) == {"replayed": 2}
        await eventually(lambda: sorted(calls.ids) == ["task-1", "task-2"])
        assert sorted(replays) == [1, 3]
        assert await left_behind(q) == {}
