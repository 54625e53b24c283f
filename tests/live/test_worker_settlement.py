"""How deliveries are settled, asked of a real server."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, SAMPLES, LayoutKind, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import (
    all_done,
    failing,
    letter_of,
    letters,
    publish,
)
from tests.support.workers import Calls, working
from worker.handlers.context import TaskContext
from worker.handlers.errors import RetryAfter
from worker.jetstream.info import consumer_state
from worker.model.task import Task


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_a_task_that_succeeds_is_acknowledged(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    calls = Calls()
    async with queue(nats_server, kind) as where, working(nats_server, calls):
        await publish(where, task(1, attempt=1))
        await eventually(lambda: all_done(where))
        state = await consumer_state(where.api, NAMES.stream, NAMES.consumer)
        assert await letters(where) == []
    assert calls.seen == [("task-1", 1)]
    assert (state.ack_pending, state.redelivered) == (0, 0)


async def test_the_samples_of_both_fleets_run(nats_server: NatsServer) -> None:
    calls = Calls()
    async with queue(nats_server) as where, working(nats_server, calls):
        for name in ("go-task.json", "dotnet-task.json"):
            await publish(where, (SAMPLES / name).read_bytes())
        await eventually(lambda: all_done(where))
    assert sorted(calls.ids) == [
        "6f9d0c8e-5b0f-4b55-9a4f-2f3a8f6a1c11",
        "b852e263-f02c-4256-afe9-4415561b0e70",
    ]


async def test_a_failed_task_comes_again_after_the_delay_not_at_once(
    nats_server: NatsServer,
) -> None:
    def once(_task: Task, context: TaskContext) -> None:
        if context.attempt == 1:
            raise OSError("connection refused")

    calls = Calls(once)
    async with (
        queue(nats_server) as where,
        working(nats_server, calls, backoff_scale=0.05) as worker,
    ):
        await publish(where, task(1))
        await eventually(lambda: all_done(where))
        (retry,) = worker.logged("task.retry")
    assert [attempt for _, attempt in calls.seen] == [1, 2]
    assert 0.4 <= retry["delay"] <= 0.6
    assert calls.at[1] - calls.at[0] >= retry["delay"]


async def test_a_task_with_a_status_header_is_a_task(nats_server: NatsServer) -> None:
    calls = Calls()
    async with queue(nats_server) as where, working(nats_server, calls):
        for number, status in enumerate(("409", "100", "nonsense")):
            headers = {"Status": status, "Description": "mine"}
            await publish(where, task(number), headers)
        await eventually(lambda: all_done(where))
    assert sorted(calls.seen) == [("task-0", 1), ("task-1", 1), ("task-2", 1)]


async def test_retry_after_is_obeyed(nats_server: NatsServer) -> None:
    def busy(_task: Task, context: TaskContext) -> None:
        if context.attempt == 1:
            raise RetryAfter(0.3)

    calls = Calls(busy)
    async with queue(nats_server) as where, working(nats_server, calls):
        await publish(where, task(1))
        await eventually(lambda: all_done(where))
    assert 0.3 <= calls.at[1] - calls.at[0] < 2


async def test_a_task_has_no_more_attempts_than_it_asks_for(nats_server: NatsServer) -> None:
    calls = failing(OSError("down"))
    async with queue(nats_server) as where, working(nats_server, calls):
        await publish(where, task(1, max_retries=2))
        letter, _ = await letter_of(where)
    assert letter.final_attempt == len(calls.seen) == 2


async def test_a_task_cannot_ask_for_more_attempts_than_the_consumer_gives(
    nats_server: NatsServer,
) -> None:
    calls = failing(OSError("down"))
    async with queue(nats_server) as where, working(nats_server, calls):
        await publish(where, task(1, max_retries=50))
        letter, _ = await letter_of(where)
    assert (letter.reason, letter.final_attempt) == ("attempts_exhausted", 5)
    assert len(calls.seen) == 5


async def test_a_task_delivered_more_often_than_allowed_is_not_run(
    nats_server: NatsServer,
) -> None:
    calls = Calls()
    async with queue(nats_server) as where:
        await publish(where, task(1, max_retries=1))
        stream = where.connection.client.jetstream()
        pull = await stream.pull_subscribe_bind(durable=NAMES.consumer, stream=NAMES.stream)
        await (await pull.fetch(1))[0].nak()
        async with working(nats_server, calls):
            letter, _ = await letter_of(where)
    assert calls.seen == []
    assert (letter.reason, letter.final_attempt) == ("stuck", 2)


async def test_a_task_that_takes_too_long_has_failed(nats_server: NatsServer) -> None:
    async def forever(_task: Task, _context: TaskContext) -> None:
        await asyncio.Event().wait()

    calls = Calls(forever)
    async with queue(nats_server) as where, working(nats_server, calls, task_timeout=0.05):
        await publish(where, task(1, max_retries=2))
        letter, _ = await letter_of(where)
    assert letter.error == "took longer than the time limit of 0.05 s"
    assert letter.reason == "attempts_exhausted"
