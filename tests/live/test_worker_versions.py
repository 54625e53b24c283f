"""The core of a worker on every supported server: work, retry, death, replay, stuck, restart."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import LayoutKind, queue, task
from tests.support.stuck import stuck
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, letters, publish, replay_all
from tests.support.workers import Calls, working
from worker.handlers.context import TaskContext
from worker.jetstream.errors import JetStreamError
from worker.model.task import Task


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_the_core_of_a_worker(server_versions: NatsServer, kind: LayoutKind) -> None:
    async def ill_until_replayed(task: Task, context: TaskContext) -> None:
        await asyncio.sleep(0.01)
        if task.task_id == "task-1" and not context.replays:
            raise OSError("connection refused")

    calls = Calls(ill_until_replayed)
    restarts = range(100, 140)
    async with queue(server_versions, kind) as where:
        await stuck(where, 1)
        async with working(server_versions, calls, concurrency=4, sweep_interval=0.3) as worker:
            await publish(where, task(1))
            await publish(where, task(2))
            await eventually(lambda: all_done(where), within=30)
            dead = {letter.task.task_id: letter for letter, _ in await letters(where)}
            assert set(dead) == {"task-0", "task-1"}
            assert (dead["task-0"].reason, dead["task-0"].final_attempt) == ("stuck", 5)
            assert (dead["task-1"].reason, dead["task-1"].final_attempt) == (
                "attempts_exhausted",
                5,
            )
            assert [seen for seen in calls.seen if seen[0] == "task-1"] == [
                ("task-1", attempt) for attempt in range(1, 6)
            ]
            await replay_all(server_versions)
            await eventually(lambda: calls.ids.count("task-1") == 6, within=30)
            await eventually(lambda: calls.ids.count("task-0") == 1, within=30)
            await eventually(lambda: all_done(where), within=30)
            assert await letters(where) == []
            for number in restarts:
                await publish(where, task(number))
            await eventually(lambda: f"task-{restarts[10]}" in calls.ids)
            server_versions.restart(kill=True)

            async def settled() -> bool:
                try:
                    return await all_done(where)
                except JetStreamError:
                    return False

            await eventually(settled, within=60)
            assert worker.logged("nats.reconnected")
    assert {f"task-{number}" for number in restarts} <= set(calls.ids)
