"""The last attempt of a task, when the worker stops, or was done before, or has lost it."""

from __future__ import annotations

import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue, task
from tests.support.stuck import client, published, with_consumer, with_stream
from tests.support.waiting import eventually
from tests.support.worker_queue import (
    all_done,
    failing,
    letters,
    publish,
    tasks_left,
    with_ack_wait,
)
from tests.support.workers import Calls, working
from worker.handlers.context import TaskContext
from worker.jetstream.deliveries.ledger import Lease, Ledger
from worker.jetstream.pipeline import Pipeline
from worker.model.clock import SystemClock
from worker.model.ledger import task_key
from worker.model.task import Task
from worker.runtime.job import Job
from worker.runtime.leases import Leases

QUICK = 0.3
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
DOWN = OSError("connection refused")


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_with_no_room_for_its_letter_it_is_moved_by_another_worker(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as where:
        await with_consumer(where, max_deliver=2)
        home = where.layout.dead_letters.name
        await publish(where, task(1))
        # No stream takes more than it holds: the one with the task, or the one of the letters.
        await with_stream(where, home, max_msgs=1, discard="new")
        if kind == "fresh":
            await where.bury({"task": task(99)})
        async with working(nats_server, failing(DOWN), grace=0.2) as stopping:
            await eventually(lambda: stopping.logged("dead_letter.not_stored"))
        assert stopping.logged("dead_letter.abandoned")
        assert await tasks_left(where) == 1
        await with_stream(where, home, max_msgs=-1)
        calls = Calls()
        async with working(nats_server, calls, worker_id="other", sweep_interval=QUICK):
            await eventually(lambda: all_done(where), within=30)
        found = {letter.task.task_id: letter for letter, _ in await letters(where)}
    assert calls.seen == []
    assert (found["task-1"].reason, found["task-1"].worker_id) == ("stuck", "other")


async def test_with_no_server_it_leaves_all_the_same(nats_server: NatsServer) -> None:
    calls = failing(DOWN)
    async with queue(nats_server) as where:
        await with_consumer(where, max_deliver=1, ack_wait=20 * 10**9)
        await with_stream(where, NAMES.dlq_stream, max_msgs=1)
        await where.bury({"task": task(99)})
        async with working(nats_server, calls, grace=0.2) as stopping:
            await publish(where, task(1))
            await eventually(lambda: stopping.logged("dead_letter.not_stored"))
            nats_server.kill()
            await eventually(lambda: stopping.logged("nats.disconnected"))
            stopping.shutdown.requested.set()
            # Ack wait would be over in 18 s only.
            await eventually(lambda: stopping.logged("worker.stopped"), within=15)
        nats_server.start()
    async with queue(nats_server, None) as where:
        await with_stream(where, NAMES.dlq_stream, max_msgs=-1)
        await with_ack_wait(where, 0.5)
        async with working(nats_server, calls, sweep_interval=QUICK):
            await eventually(lambda: all_done(where), within=40)
        assert len(await letters(where)) == 2


@asynccontextmanager
async def ledger(where: Queue) -> AsyncIterator[Ledger]:
    async with Pipeline(where.connection) as pipeline:
        yield Ledger(where.api, pipeline, NAMES, "gone", 30.0, SystemClock())


async def lease_of(book: Ledger, sequence: int) -> Lease:
    lease = await book.begin(task_key("task-0"), sequence)
    assert isinstance(lease, Lease)
    return lease


@pytest.mark.parametrize("delivered", [1, 4], ids=["beyond the task's", "the consumer's last"])
async def test_what_was_done_is_settled_however_often_it_was_delivered(
    nats_server: NatsServer, delivered: int
) -> None:
    """Its worker died between the ledger and the ack."""
    calls = Calls()
    allowed = 1 if delivered == 1 else 5
    async with queue(nats_server) as where, ledger(where) as book:
        (sequence,) = await published(where, 1, max_retries=allowed)
        async with client(where) as taker:
            await taker.take(sequence)
            await taker.again(sequence, count=delivered)
            await taker.say(sequence, b"-NAK")
        await (await lease_of(book, sequence)).finish()
        async with working(nats_server, calls, sweep_interval=0.0) as worker:
            await eventually(lambda: all_done(where))
            assert len(worker.logged("task.duplicate")) == 1
        assert (calls.seen, await letters(where)) == ([], [])


async def test_what_another_still_runs_beyond_its_attempts_is_that_ones(
    nats_server: NatsServer,
) -> None:
    calls = Calls()
    async with queue(nats_server) as where, ledger(where) as book:
        (sequence,) = await published(where, 1, max_retries=1)
        async with client(where) as taker:
            await taker.take(sequence)
            await taker.say(sequence, b"-NAK")
        lease = await lease_of(book, sequence)
        async with working(nats_server, calls, sweep_interval=0.0) as worker:
            await publish(where, task(7))
            await eventually(lambda: worker.logged("task.done"))
            assert await tasks_left(where) == 1
            await lease.finish()
            await eventually(lambda: all_done(where), within=20)
        assert (calls.ids, await letters(where)) == (["task-7"], [])


async def test_what_waited_here_longer_than_ack_wait_is_not_run(nats_server: NatsServer) -> None:
    """A handler stops the whole process; meanwhile the server gives the other task away."""

    async def blocking(seen: Task, context: TaskContext) -> None:
        if seen.task_id == "task-0" and context.attempt == 1:
            threading.Event().wait(2.5)

    calls = Calls(blocking)
    async with queue(nats_server) as where:
        await with_ack_wait(where, 1.0)
        await published(where, 2)
        async with working(nats_server, calls, concurrency=2, ledger=False) as worker:
            await eventually(lambda: all_done(where), within=20)
            assert worker.logged("delivery.lost")
    assert 1 not in [attempt for name, attempt in calls.seen if name == "task-1"]


@posix_only
async def test_what_was_lost_while_the_ledger_was_asked_is_not_run(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Leases.begin

    async def begin_slowly(self: Leases, job: Job) -> object:
        outcome = await begin(self, job)
        if job.delivery.delivery_count == 1:
            nats_server.pause()
            try:
                await eventually(lambda: job.receipt.remaining <= 0)
            finally:
                nats_server.resume()
        return outcome

    monkeypatch.setattr(Leases, "begin", begin_slowly)
    calls = Calls()
    async with queue(nats_server) as where:
        await with_ack_wait(where, 2.0)
        async with working(nats_server, calls) as worker:
            await publish(where, task(1))
            await eventually(lambda: worker.logged("task.done"), within=30)
            assert worker.logged("delivery.lost")
        assert await letters(where) == []
    ((_, attempt),) = calls.seen
    assert attempt > 1
