"""What a worker has in hand: how many tasks, for how long, and what it does as it leaves."""

from __future__ import annotations

import asyncio
import time

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import (
    all_done,
    letters,
    publish,
    tasks_left,
    with_ack_wait,
)
from tests.support.workers import Calls, working
from worker.handlers.context import TaskContext
from worker.jetstream.info import consumer_state
from worker.model.task import Task


async def test_no_more_tasks_run_at_once_than_allowed(nats_server: NatsServer) -> None:
    async def slow(_task: Task, _context: TaskContext) -> None:
        await asyncio.sleep(0.02)

    calls = Calls(slow)
    most_taken = 0
    async with queue(nats_server) as where:
        for number in range(30):
            await publish(where, task(number))
        async with working(nats_server, calls, concurrency=3):

            async def watched() -> bool:
                nonlocal most_taken
                state = await consumer_state(where.api, NAMES.stream, NAMES.consumer)
                most_taken = max(most_taken, state.ack_pending)
                return await all_done(where)

            await eventually(watched)
    assert calls.most_running == 3
    assert len(calls.seen) == 30
    # What 50 ms of work would take, as it is measured, and never all that waits.
    assert most_taken <= 3 + 2 * 3 * 0.05 / 0.02


async def test_plain_functions_run_beside_each_other(nats_server: NatsServer) -> None:
    import threading

    together = threading.Barrier(4, timeout=10)

    def plain(_task: Task, _context: TaskContext) -> None:
        together.wait()

    async with queue(nats_server) as where, working(nats_server, plain, concurrency=4):
        for number in range(4):
            await publish(where, task(number))
        await eventually(lambda: all_done(where))
        assert await letters(where) == []


async def test_a_long_task_is_not_given_to_another_worker(nats_server: NatsServer) -> None:
    async def long(_task: Task, _context: TaskContext) -> None:
        await asyncio.sleep(2.5)

    calls = Calls(long)
    async with queue(nats_server) as where:
        await with_ack_wait(where, 1.0)
        async with working(nats_server, calls, concurrency=2):
            await publish(where, task(1))
            await eventually(lambda: all_done(where))
    assert calls.seen == [("task-1", 1)]


async def test_leaving_lets_running_tasks_finish_and_hands_back_the_rest(
    nats_server: NatsServer,
) -> None:
    release = asyncio.Event()

    async def held(_task: Task, _context: TaskContext) -> None:
        await release.wait()

    calls = Calls(held)
    async with queue(nats_server) as where:
        async with working(nats_server, calls, concurrency=2) as worker:
            for number in range(6):
                await publish(where, task(number))
            await eventually(lambda: calls.running == 2)
            worker.shutdown.requested.set()
            await eventually(lambda: worker.logged("worker.finishing"))
            release.set()
        assert await tasks_left(where) == 4
        others = Calls()
        began = time.monotonic()
        async with working(nats_server, others):
            await eventually(lambda: all_done(where))
        assert time.monotonic() - began < 5
    assert len(calls.seen) == 2
    assert len(others.seen) == 4


async def test_a_task_that_outlasts_the_grace_is_handed_back(nats_server: NatsServer) -> None:
    async def forever(_task: Task, _context: TaskContext) -> None:
        await asyncio.Event().wait()

    calls = Calls(forever)
    async with queue(nats_server) as where:
        async with working(nats_server, calls, grace=0.1) as worker:
            await publish(where, task(1))
            await eventually(lambda: calls.running == 1)
            worker.shutdown.requested.set()
        (retry,) = worker.logged("task.retry")
        others = Calls()
        async with working(nats_server, others):
            await eventually(lambda: all_done(where))
    assert retry["error"].startswith("interrupted")
    assert others.seen == [("task-1", 2)]
