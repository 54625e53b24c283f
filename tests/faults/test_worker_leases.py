"""Who has a task while two workers could: renewed leases, stolen ones, and a worker that slept."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, Queue, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, letters, publish, with_ack_wait
from tests.support.workers import Calls, log_lines, worker_process, working
from worker.handlers.context import TaskContext
from worker.jetstream.fleet.service import fleet
from worker.jetstream.info import consumer_state
from worker.jetstream.messages import last_message
from worker.model.ledger import Entry, State, task_key
from worker.model.task import Task

KEY = task_key("task-1", "")


async def entry_of(where: Queue) -> Entry:
    """The ledger's entry of task-1."""
    message = await last_message(where.api, NAMES.ledger_stream, f"$KV.{NAMES.ledger}.{KEY}")
    assert message is not None
    return Entry.from_wire(message.body)


async def write(where: Queue, state: State, by: str) -> None:
    """Write task-1's entry as another worker would."""
    entry = replace(await entry_of(where), state=state, owner=by, run=f"run-of-{by}")
    await where.api.publish(f"$KV.{NAMES.ledger}.{KEY}", entry.to_wire())


async def unsettled(where: Queue) -> int:
    state = await consumer_state(where.api, NAMES.stream, NAMES.consumer)
    return state.ack_pending


async def runs_one(where: Queue) -> bool:
    """Whether the only worker says that a handler runs."""
    members = (await fleet(where.connection)).members
    return [member.report.in_flight for member in members] == [1]


async def test_a_task_longer_than_ack_wait_and_lease_runs_once_beside_an_idle_worker(
    nats_server: NatsServer,
) -> None:
    async def long(_task: Task, _context: TaskContext) -> None:
        await asyncio.sleep(2.5)

    calls, others = Calls(long), Calls(long)
    async with queue(nats_server) as where:
        await with_ack_wait(where, 1.0)
        async with working(nats_server, calls), working(nats_server, others):
            await publish(where, task(1))
            await eventually(lambda: calls.running + others.running == 1)
            first = await entry_of(where)
            await eventually(lambda: all_done(where))
        last = await entry_of(where)
    assert calls.seen + others.seen == [("task-1", 1)]
    assert (first.state, last.state) == ("running", "done")
    assert first.run == last.run


@pytest.mark.parametrize("ledger", [True, False])
async def test_a_plain_function_that_outlasts_its_time_is_not_run_beside_itself(
    nats_server: NatsServer, *, ledger: bool
) -> None:
    """No thread can be stopped: longer than a lease, the next attempt waits for its end."""
    spans: list[tuple[float, float]] = []

    def slow_at_first(_task: Task, context: TaskContext) -> None:
        began = monotonic()
        if context.attempt == 1:
            threading.Event().wait(1.5)
        spans.append((began, monotonic()))

    async with queue(nats_server) as where:
        await with_ack_wait(where, 1.0)
        settings = {"task_timeout": 0.3, "ledger": ledger}
        async with (
            working(nats_server, slow_at_first, worker_id="a", **settings) as one,
            working(nats_server, slow_at_first, worker_id="b", **settings) as other,
        ):
            await publish(where, task(1))
            await eventually(lambda: all_done(where))
            told = one.logged("handler.runs_on") + other.logged("handler.runs_on")
        assert await letters(where) == []
    (_, first_ended), (second_began, _) = spans
    assert first_ended <= second_began
    assert [line["task_id"] for line in told] == ["task-1"]


async def test_a_worker_whose_lease_another_took_stops_and_settles_nothing(
    nats_server: NatsServer,
) -> None:
    stopped: list[str] = []

    async def long(_task: Task, _context: TaskContext) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.append("cancelled")
            raise

    calls = Calls(long)
    async with queue(nats_server) as where:
        await with_ack_wait(where, 2.0)
        async with working(nats_server, calls) as worker:
            await publish(where, task(1))
            await eventually(lambda: calls.running == 1)
            await write(where, "running", by="thief")
            await eventually(lambda: worker.logged("delivery.lost"))
            assert stopped == ["cancelled"]
            assert await unsettled(where) == 1
            await write(where, "done", by="thief")
            await eventually(lambda: all_done(where))
            (skipped,) = worker.logged("task.duplicate")
        assert (await entry_of(where)).owner == "thief"
        assert await letters(where) == []
    assert "done by thief" in skipped["why"]
    assert calls.seen == [("task-1", 1)]
    assert not worker.logged("task.done")
    assert not worker.logged("task.retry")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
async def test_a_worker_that_was_frozen_leaves_the_task_to_the_one_that_took_it_over(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    log = tmp_path / "frozen.log"
    release = asyncio.Event()

    async def held(_task: Task, _context: TaskContext) -> None:
        await release.wait()

    calls = Calls(held)
    flags = ("--sim-duration", "600", "--worker-id", "frozen")
    async with queue(nats_server) as where:
        await with_ack_wait(where, 1.0)
        with worker_process(nats_server, log, *flags) as process:
            await publish(where, task(1))
            await eventually(lambda: runs_one(where), within=20)
            process.send_signal(signal.SIGSTOP)
            async with working(nats_server, calls, worker_id="second") as worker:
                await eventually(lambda: calls.running == 1, within=20)
                process.send_signal(signal.SIGCONT)
                await eventually(lambda: log_lines(log, "delivery.lost"), within=20)
                assert calls.running == 1
                release.set()
                await eventually(lambda: all_done(where))
                assert len(worker.logged("task.done")) == 1
        assert (await entry_of(where)).owner == "second"
        assert await letters(where) == []
    # The server may have delivered it to the pull of the frozen one, too, before that was over.
    assert calls.ids == ["task-1"]
    assert not log_lines(log, "task.done")
    assert not log_lines(log, "task.retry")
