"""Failed tasks of which nobody knows yet whether it is an outage: settled by what is learnt."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, failing, letter_of, letters, publish
from tests.support.workers import Calls, working
from worker.handlers.context import TaskContext
from worker.model.clock import SystemClock, format_rfc3339
from worker.model.event import breaker_token
from worker.model.task import Task


@pytest.mark.parametrize(
    ("state", "is_believed"), [("open", True), ("half_open", True), ("closed", False)]
)
async def test_a_worker_with_few_tasks_goes_by_what_another_says(
    nats_server: NatsServer, state: str, *, is_believed: bool
) -> None:
    healed = asyncio.Event()

    def answer(_task: Task, _context: TaskContext) -> None:
        if not healed.is_set():
            raise OSError("connection refused")

    calls = Calls(answer)
    said = {"at": format_rfc3339(SystemClock().now()), "event": "breaker", "state": state}
    async with (
        queue(nats_server) as where,
        working(nats_server, calls, backoff_scale=0.05, breaker_failures=10) as worker,
    ):
        await where.api.publish(
            NAMES.events(breaker_token("provision")),
            json.dumps(said | {"task_type": "provision", "worker_id": "w-2"}).encode(),
        )
        for number in range(2):
            await publish(where, task(number))
        told = "breaker.changed" if is_believed else "task.retry"
        await eventually(lambda: worker.logged(told))
        healed.set()
        await eventually(lambda: all_done(where))
    assert (max(attempt for _, attempt in calls.seen) == 1) == is_believed


@pytest.mark.parametrize("others", [0, 1])
async def test_a_last_attempt_that_fails_alone_is_a_dead_letter(
    nats_server: NatsServer, others: int
) -> None:
    """At once where others succeed, after what its backoff would be where nothing is learnt."""

    def answer(task: Task, _context: TaskContext) -> None:
        if task.task_id == "task-0":
            raise OSError("connection refused")

    calls = Calls(answer)
    async with (
        queue(nats_server) as where,
        working(nats_server, calls, backoff_scale=0.3, breaker_failures=10) as worker,
    ):
        await publish(where, task(0, max_retries=1))
        await eventually(lambda: worker.logged("task.failed"))
        for number in range(1, 1 + others):
            await publish(where, task(number))
        began = time.monotonic()
        letter, _ = await letter_of(where)
        waited = time.monotonic() - began
        (failed,) = worker.logged("task.failed")
    assert (letter.reason, letter.final_attempt) == ("attempts_exhausted", 1)
    assert 2.4 <= failed["settled_within"] <= 3.6
    assert waited < 1.5 if others else waited > 1.5


async def test_scattered_failures_come_again_when_their_backoff_is_over(
    nats_server: NatsServer,
) -> None:
    def answer(task: Task, context: TaskContext) -> None:
        if context.attempt == 1 and int(task.task_id[5:]) % 10 == 0:
            raise OSError("connection refused")

    calls = Calls(answer)
    async with (
        queue(nats_server) as where,
        working(nats_server, calls, backoff_scale=0.05, breaker_failures=10) as worker,
    ):
        for number in range(100):
            await publish(where, task(number))
        await eventually(lambda: all_done(where))
        retries = {line["task_id"]: line for line in worker.logged("task.retry")}
        assert not worker.logged("breaker.changed")
    assert sorted(retries) == sorted(f"task-{number}" for number in range(0, 100, 10))
    for task_id, line in retries.items():
        first, second = (
            at for at, seen in zip(calls.at, calls.seen, strict=True) if seen[0] == task_id
        )
        assert 0.4 <= line["backoff"] <= 0.6
        assert line["delay"] <= line["backoff"]
        assert line["backoff"] - 0.01 <= second - first < line["backoff"] + 0.4


async def test_a_worker_that_stops_gives_back_what_is_in_doubt_with_its_delay(
    nats_server: NatsServer,
) -> None:
    def answer(_task: Task, context: TaskContext) -> None:
        if context.attempt == 1:
            raise OSError("connection refused")

    calls = Calls(answer)
    async with queue(nats_server) as where:
        async with working(nats_server, calls, backoff_scale=0.1, breaker_failures=10) as worker:
            await publish(where, task(1))
            await eventually(lambda: worker.logged("task.failed"))
        (retry,) = worker.logged("task.retry")
        async with working(nats_server, calls):
            await eventually(lambda: all_done(where))
    assert 0 < retry["delay"] <= retry["backoff"]
    assert calls.at[1] - calls.at[0] >= retry["backoff"] - 0.01


async def test_fewer_tasks_than_open_a_breaker_have_their_attempts_and_no_more(
    nats_server: NatsServer,
) -> None:
    calls = failing(OSError("connection refused"))
    async with queue(nats_server) as where, AsyncExitStack() as fleet_of_three:
        for number in range(3):
            await fleet_of_three.enter_async_context(
                working(nats_server, calls, worker_id=f"w-{number}", breaker_failures=10)
            )
        for number in range(6):
            await publish(where, task(number))
        await eventually(lambda: all_done(where))
        assert len(await letters(where)) == 6
    assert sorted(calls.seen) == [
        (f"task-{number}", attempt) for number in range(6) for attempt in range(1, 6)
    ]
