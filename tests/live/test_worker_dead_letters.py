"""What the dead letters of a worker hold, and that no task goes before its letter is stored."""

from __future__ import annotations

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import (
    all_done,
    failing,
    letter_of,
    letters,
    publish,
    tasks_left,
)
from tests.support.workers import Calls, working
from worker.handlers.context import TaskContext
from worker.handlers.errors import Permanent
from worker.jetstream.info import consumer_state
from worker.model.task import Task

MAX_PAYLOAD = 1024 * 1024


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_a_task_that_keeps_failing_ends_as_a_dead_letter(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    calls = failing(OSError("connection refused: 10.0.0.7:5432"))
    async with queue(nats_server, kind) as where, working(nats_server, calls, worker_id="w-7"):
        sequence = await publish(where, task(1, attempt=1, plan="gold"))
        letter, headers = await letter_of(where)
        state = await consumer_state(where.api, NAMES.stream, NAMES.consumer)
    assert [attempt for _, attempt in calls.seen] == [1, 2, 3, 4, 5]
    assert (letter.reason, letter.final_attempt, letter.task.attempt) == (
        "attempts_exhausted",
        5,
        5,
    )
    assert (letter.error, letter.error_type) == ("connection refused: 10.0.0.7:5432", "OSError")
    assert "raise error" in (letter.traceback or "")
    assert (letter.worker_id, letter.replays, letter.raw) == ("w-7", 0, None)
    assert (letter.first_failed_at or "") < letter.dlq_timestamp
    assert letter.source is not None
    assert (letter.source.stream, letter.source.sequence) == (NAMES.stream, sequence)
    assert letter.source.subject == NAMES.tasks
    assert letter.task.to_wire()["plan"] == "gold"
    assert set(headers) == {"Nats-Msg-Id"}
    assert state.ack_pending == 0


async def test_the_task_stays_until_its_dead_letter_is_stored(nats_server: NatsServer) -> None:
    full = {"name": "PROVISIONING_DLQ", "subjects": [NAMES.dlq], "max_msgs": 1, "discard": "new"}
    async with queue(nats_server) as where:
        await where.api.request("STREAM.DELETE.PROVISIONING_DLQ")
        await where.api.request("STREAM.CREATE.PROVISIONING_DLQ", full)
        await where.bury({"task": task(99)})
        async with working(nats_server, failing(Permanent("no such plan"))) as worker:
            await publish(where, task(1))
            await publish(where, task(2))
            await eventually(lambda: len(worker.logged("dead_letter.not_stored")) >= 4)
            assert await tasks_left(where) == 2
            await where.api.request("STREAM.UPDATE.PROVISIONING_DLQ", full | {"max_msgs": 9})
            await eventually(lambda: all_done(where))
            found = sorted(letter.task.task_id for letter, _ in await letters(where))
    assert found == ["task-1", "task-2", "task-99"]


async def test_a_full_dlq_does_not_stop_healthy_tasks(nats_server: NatsServer) -> None:
    def poor(task: Task, _context: TaskContext) -> None:
        if task.task_id == "task-0":
            raise Permanent("no such plan")

    calls = Calls(poor)
    async with queue(nats_server) as where:
        await where.api.request("STREAM.DELETE.PROVISIONING_DLQ")
        async with working(nats_server, calls, concurrency=1, grace=0.2) as worker:
            # Gone after the worker had made it anew: nothing takes the subject.
            await where.api.request("STREAM.DELETE.PROVISIONING_DLQ")
            await publish(where, task(0))
            await eventually(lambda: worker.logged("dead_letter.not_stored"))
            for number in range(1, 6):
                await publish(where, task(number))
            await eventually(lambda: len(calls.seen) == 6)
            assert await tasks_left(where) >= 1
            worker.shutdown.requested.set()
        assert worker.logged("dead_letter.abandoned")
        assert await tasks_left(where) == 1


@pytest.mark.parametrize(
    ("body", "said", "salvaged"),
    [
        (b"\xff\xfe", "not UTF-8", ""),
        (b'{"task_id": "half', "not JSON", ""),
        (b"[1, 2]", "this is a list", ""),
        (b"", "not JSON", ""),
        (b'{"task_id":"t-9","task_type":7,"tenant_id":"acme"}', "task_type", "t-9"),
        (b'{"task_id":"t-9","tenant_id":"acme"}', "task_type is missing", "t-9"),
        (b'{"task_id":"t-9","task_id":"t-8"}', "given twice", ""),
        (b"[" * 5000 + b"]" * 5000, "nested deeper", ""),
        (b'{"task_id":"t-9","task_type":"x","n":' + b"9" * 400 + b"}", "400 digits", ""),
    ],
    ids=["bytes", "cut", "list", "empty", "type", "missing", "twice", "deep", "huge"],
)
async def test_what_is_no_task_is_kept_byte_for_byte(
    nats_server: NatsServer, body: bytes, said: str, salvaged: str
) -> None:
    calls = Calls()
    async with queue(nats_server) as where, working(nats_server, calls):
        await publish(where, body, {"traceparent": "00-abc-def-01"})
        letter, headers = await letter_of(where)
    assert calls.seen == []
    assert (letter.reason, letter.raw_bytes()) == ("invalid", body)
    assert said in letter.error
    assert letter.task.task_id == salvaged
    assert headers["traceparent"] == "00-abc-def-01"


async def test_an_unknown_type_is_dead_at_once_and_the_known_ones_are_named(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server) as where, working(nats_server, Calls()):
        await publish(where, task(1, task_type="migrate"))
        letter, _ = await letter_of(where)
    assert (letter.reason, letter.final_attempt) == ("permanent", 1)
    assert letter.error == "unknown task type: migrate (known: provision)"


async def test_the_servers_headers_stay_behind_and_ours_go_along(nats_server: NatsServer) -> None:
    sent = {
        "Nats-Msg-Id": "original",
        "Farutech-Replay-Count": "3",
        "Farutech-Replayed-By": "ana",
        "traceparent": "00-abc-def-01",
    }
    async with queue(nats_server) as where, working(nats_server, failing(Permanent("no"))):
        await publish(where, task(1), sent)
        letter, headers = await letter_of(where)
    assert headers["Nats-Msg-Id"] != "original"
    assert {name: headers[name] for name in list(sent)[1:]} == dict(list(sent.items())[1:])
    assert letter.replays == 3


async def test_a_letter_that_is_too_large_is_cut_before_the_task_goes(
    nats_server: NatsServer,
) -> None:
    calls = failing(Permanent("x" * 200_000))
    filling = "y" * (MAX_PAYLOAD - 150_000)
    async with queue(nats_server) as where, working(nats_server, calls):
        await publish(where, task(1, payload={"filling": filling}))
        letter, _ = await letter_of(where)
    assert letter.traceback is None
    assert letter.error == "x" * 200
    assert letter.task.payload == {"filling": filling}
