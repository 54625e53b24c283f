"""What becomes of tasks when the server, the consumer or the worker goes in the middle of them."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, Queue, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, letters, publish, tasks_left, with_ack_wait
from tests.support.workers import Calls, log_lines, worker_process, working
from worker.handlers.context import TaskContext
from worker.jetstream.errors import JetStreamError
from worker.model.task import Task


async def known_done(where: Queue) -> bool:
    """Whether no task is left, as far as a server answers."""
    try:
        return await all_done(where)
    except JetStreamError:
        return False


posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


async def test_every_task_is_done_though_the_server_is_killed_again_and_again(
    nats_server: NatsServer,
) -> None:
    async def short(_task: Task, _context: TaskContext) -> None:
        await asyncio.sleep(0.02)

    calls = Calls(short)
    count = 300
    async with queue(nats_server) as where:
        await with_ack_wait(where, 2.0)
        for number in range(count):
            await publish(where, task(number))
        async with working(nats_server, calls, concurrency=4) as worker:
            for part in (1, 2, 3):
                await eventually(lambda part=part: len(set(calls.ids)) > part * count // 5)  # type: ignore[misc]
                nats_server.restart(kill=True)
            await eventually(lambda: known_done(where), within=30)
            assert worker.logged("nats.reconnected")
        assert await letters(where) == []
    assert set(calls.ids) == {f"task-{number}" for number in range(count)}


async def test_an_idle_worker_pulls_again_after_a_restart(nats_server: NatsServer) -> None:
    calls = Calls()
    async with queue(nats_server) as where, working(nats_server, calls) as worker:
        nats_server.restart(kill=True)
        await eventually(lambda: worker.logged("nats.reconnected"))
        await eventually(lambda: known_done(where))
        await publish(where, task(1))
        await eventually(lambda: all_done(where), within=5)
    assert calls.ids == ["task-1"]


async def test_what_was_lost_while_the_server_was_away_is_not_settled(
    nats_server: NatsServer,
) -> None:
    release = asyncio.Event()

    async def held(_task: Task, context: TaskContext) -> None:
        if context.attempt == 1:
            await release.wait()

    calls = Calls(held)
    async with queue(nats_server) as where:
        await with_ack_wait(where, 1.0)
        async with working(nats_server, calls, ledger=False) as worker:
            await publish(where, task(1))
            await eventually(lambda: calls.running == 1)
            nats_server.kill()
            await eventually(lambda: worker.logged("nats.disconnected"))
            release.set()
            await eventually(lambda: worker.logged("delivery.lost"))
            assert not worker.logged("task.done")
            nats_server.start()
            await eventually(lambda: known_done(where))
            assert len(worker.logged("task.done")) == 1
    assert calls.seen == [("task-1", 1), ("task-1", 2)]


async def test_what_is_still_ours_after_a_short_restart_is_settled(
    nats_server: NatsServer,
) -> None:
    release = asyncio.Event()

    async def held(_task: Task, _context: TaskContext) -> None:
        await release.wait()

    calls = Calls(held)
    async with queue(nats_server) as where, working(nats_server, calls) as worker:
        await publish(where, task(1))
        await eventually(lambda: calls.running == 1)
        nats_server.stop()
        release.set()
        await eventually(lambda: worker.logged("nats.disconnected"))
        nats_server.start()
        await eventually(lambda: known_done(where))
        assert len(worker.logged("task.done")) == 1


@posix_only
async def test_a_frozen_server_costs_nothing(nats_server: NatsServer) -> None:
    calls = Calls()
    async with queue(nats_server) as where, working(nats_server, calls) as worker:
        nats_server.pause()
        await eventually(lambda: worker.logged("nats.disconnected"), within=15)
        nats_server.resume()
        await eventually(lambda: worker.logged("nats.reconnected"))
        await eventually(lambda: known_done(where))
        await publish(where, task(1))
        await eventually(lambda: all_done(where))
    assert calls.ids == ["task-1"]


@posix_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_the_task_finish_and_ends_with_0(
    nats_server: NatsServer, tmp_path: Path, number: signal.Signals
) -> None:
    log = tmp_path / "worker.log"
    flags = ("--sim-duration", "1.5", "--concurrency", "1")
    async with queue(nats_server) as where:
        with worker_process(nats_server, log, *flags, WORKER_ID="w-9") as process:
            await publish(where, task(1))
            await publish(where, task(2))
            await eventually(lambda: in_hand(where.server, log), within=20)
            process.send_signal(number)
            await eventually(lambda: process.poll() is not None)
            assert process.returncode == 0
        assert [line["task_id"] for line in log_lines(log, "task.done")] == ["task-1"]
        assert log_lines(log, "worker.ready")[0]["worker_id"] == "w-9"
        assert await tasks_left(where) == 1


async def in_hand(server: NatsServer, log: Path) -> bool:
    async with queue(server) as where:
        answer = await where.api.request(f"CONSUMER.INFO.{NAMES.stream}.{NAMES.consumer}")
    return bool(answer["num_ack_pending"])


@posix_only
async def test_a_second_signal_ends_it_at_once(nats_server: NatsServer, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    async with queue(nats_server) as where:
        with worker_process(nats_server, log, "--sim-duration", "60") as process:
            await publish(where, task(1))
            await eventually(lambda: in_hand(where.server, log), within=20)
            process.send_signal(signal.SIGTERM)
            await eventually(lambda: log_lines(log, "worker.stopping"))
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            await eventually(lambda: process.poll() is not None)
            assert process.returncode == 128 + signal.SIGTERM
        assert await tasks_left(where) == 1


async def test_a_killed_worker_loses_no_task(nats_server: NatsServer, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    calls = Calls()
    async with queue(nats_server) as where:
        await with_ack_wait(where, 1.0)
        with worker_process(nats_server, log, "--sim-duration", "60") as process:
            await publish(where, task(1))
            await eventually(lambda: in_hand(where.server, log), within=20)
            process.kill()
            process.wait()
        async with working(nats_server, calls):
            await eventually(lambda: all_done(where))
    assert calls.seen == [("task-1", 2)]


@posix_only
async def test_a_worker_waits_for_a_server_and_says_so(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    nats_server.stop()
    with worker_process(nats_server, log) as process:
        await eventually(lambda: len(log_lines(log, "nats.unreachable")) > 1, within=20)
        nats_server.start()
        await eventually(lambda: log_lines(log, "worker.ready"), within=20)
        process.send_signal(signal.SIGTERM)
        await eventually(lambda: process.poll() is not None)
        assert process.returncode == 0


@posix_only
async def test_a_worker_that_found_no_server_leaves_when_told(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    nats_server.stop()
    with worker_process(nats_server, log) as process:
        await eventually(lambda: log_lines(log, "nats.unreachable"), within=20)
        process.send_signal(signal.SIGTERM)
        await eventually(lambda: process.poll() is not None)
        assert process.returncode == 0


def test_the_log_is_json_where_nobody_reads_along(tmp_path: Path, nats_server: NatsServer) -> None:
    log = tmp_path / "worker.log"
    with worker_process(nats_server, log, "--concurrency", "0") as process:
        assert process.wait(20) == 2
    assert "--concurrency" in log.read_text()
    with worker_process(nats_server, log, "--handlers", "no_such_module") as process:
        assert process.wait(20) == 2
    assert "there is no module no_such_module" in log.read_text()
    assert json.dumps("Traceback")[1:-1] not in log.read_text()
