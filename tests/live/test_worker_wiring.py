"""What a whole worker shows of itself, and that a task done once is never run again."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

from tests.support.nats_server import NatsServer
from tests.support.pages import fetched
from tests.support.queues import NAMES, Queue, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, failing, letters, publish
from tests.support.workers import Calls, log_lines, worker_process, working
from worker.handlers.context import TaskContext
from worker.jetstream.fleet.service import fleet
from worker.jetstream.messages import next_message
from worker.model.event import Event, read_events
from worker.model.task import Task


async def events_of(where: Queue, task_id: str) -> list[Event]:
    found, sequence = [], 1
    subject = NAMES.events(task_id)
    while message := await next_message(where.api, NAMES.events_stream, subject, sequence):
        found += read_events(message.body)
        sequence = message.sequence + 1
    return found


async def test_each_step_is_an_event(nats_server: NatsServer) -> None:
    async def reports(_task: Task, context: TaskContext) -> None:
        context.progress(0.5, "half way")

    def reports_from_a_thread(_task: Task, context: TaskContext) -> None:
        context.progress(0.25, "in a thread")

    async with queue(nats_server) as where:
        for number, handler in enumerate((reports, reports_from_a_thread)):
            async with working(nats_server, handler):
                await publish(where, task(number))
                await eventually(lambda: all_done(where))
            told = await events_of(where, f"task-{number}")
            kinds = [event.kind for event in told]
            assert kinds == ["received", "started", "progress", "succeeded"]
            assert told[2].message in ("half way", "in a thread")


async def test_failures_are_events_too(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        async with working(nats_server, failing(OSError("down"))):
            await publish(where, task(1, max_retries=2))
            await eventually(lambda: all_done(where))
        told = await events_of(where, "task-1")
    ends = [event.kind for event in told if event.kind not in ("received", "started")]
    assert ends == ["retrying", "dead_lettered"]
    assert told[-1].reason == "attempts_exhausted"


async def test_a_task_published_twice_is_run_once(nats_server: NatsServer) -> None:
    calls = Calls()
    async with queue(nats_server) as where, working(nats_server, calls) as worker:
        await publish(where, task(1))
        await eventually(lambda: all_done(where))
        await publish(where, task(1))
        await eventually(lambda: all_done(where))
        assert len(worker.logged("task.duplicate")) == 1
    assert calls.ids == ["task-1"]


async def test_each_replay_is_run_once_however_often_it_is_sent(nats_server: NatsServer) -> None:
    calls = Calls()
    async with queue(nats_server) as where, working(nats_server, calls) as worker:
        for replay in ("", "1-1", "1-1", "1-2", "1-1", ""):
            await publish(where, task(1), {"Farutech-Replay-Id": replay} if replay else None)
            await eventually(lambda: all_done(where))
        assert len(worker.logged("task.duplicate")) == 3
    assert calls.ids == ["task-1"] * 3


async def test_without_a_ledger_it_is_run_twice(nats_server: NatsServer) -> None:
    calls = Calls()
    async with queue(nats_server) as where, working(nats_server, calls, ledger=False):
        await publish(where, task(1))
        await publish(where, task(1))
        await eventually(lambda: all_done(where))
    assert calls.ids == ["task-1", "task-1"]


async def test_two_workers_never_run_one_task_at_once(nats_server: NatsServer) -> None:
    release = asyncio.Event()

    async def held(_task: Task, _context: TaskContext) -> None:
        await release.wait()

    first, second = Calls(held), Calls(held)
    async with (
        queue(nats_server) as where,
        working(nats_server, first, concurrency=1),
        working(nats_server, second, concurrency=1),
    ):
        await publish(where, task(1))
        await publish(where, task(1))
        await eventually(lambda: first.running + second.running == 1)
        await asyncio.sleep(0.3)
        assert first.running + second.running == 1
        release.set()
        await eventually(lambda: all_done(where))
        assert await letters(where) == []
    assert len(first.seen) + len(second.seen) == 1


async def test_an_outage_costs_no_task_its_attempts(nats_server: NatsServer) -> None:
    healed = asyncio.Event()

    def broken(_task: Task, _context: TaskContext) -> None:
        if not healed.is_set():
            raise OSError("connection refused")

    calls = Calls(broken)
    async with queue(nats_server) as where:
        async with working(nats_server, calls, breaker_failures=3) as worker:
            for number in range(12):
                await publish(where, task(number))
            await eventually(lambda: worker.logged("breaker.changed"))
            healed.set()
            await eventually(lambda: all_done(where))
            opened, *_, closed = worker.logged("breaker.changed")
        assert (opened["state"], opened["level"]) == ("open", "warning")
        assert "connection refused" in opened["error"]
        assert (closed["state"], closed["level"]) == ("closed", "info")
        assert "error" not in closed
        assert await letters(where) == []


async def test_the_fleet_is_found_and_counts(nats_server: NatsServer) -> None:
    async with (
        queue(nats_server) as where,
        working(nats_server, Calls(), worker_id="w-1"),
        working(nats_server, Calls(), worker_id="w-2"),
    ):
        await publish(where, task(1))
        await eventually(lambda: all_done(where))
        found = await fleet(where.connection)
        assert [member.report.worker_id for member in found.members] == ["w-1", "w-2"]
        assert sum(member.report.totals["succeeded"] for member in found.members) == 1


async def test_health_and_metrics_over_http(nats_server: NatsServer) -> None:
    at_any_port = {"http": "127.0.0.1:0"}
    async with queue(nats_server) as where, working(nats_server, Calls(), **at_any_port) as worker:
        url = worker.logged("http.listening")[0]["url"]
        await publish(where, task(1))
        await eventually(lambda: all_done(where))
        ready = await fetched(f"{url}/readyz")
        assert json.loads(ready) == {"status": "ready"}
        metrics = await fetched(f"{url}/metrics")
    assert 'farutech_tasks_total{outcome="succeeded",type="provision"} 1.0' in metrics


def test_a_port_that_is_taken_is_a_clear_error(nats_server: NatsServer, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with worker_process(nats_server, log, "--http", f"127.0.0.1:{port}") as process:
            assert process.wait(20) == 1
    (line,) = log_lines(log, "worker.failed")
    assert f"cannot listen at 127.0.0.1:{port}" in line["why"]
    assert "Traceback" not in log.read_text()
