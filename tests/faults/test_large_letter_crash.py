"""Whoever moves or replays a task too large for its letter may die at any step."""

from __future__ import annotations

import asyncio
import json
import signal

import pytest

from tests.conftest import StartNats
from tests.faults.processes import context
from tests.faults.replaying import KILLED, replay_until
from tests.faults.sweeping import sweep_until
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue, task
from tests.support.stuck import client
from tests.support.waiting import eventually
from tests.support.worker_queue import failing, letters, publish, tasks_left
from tests.support.workers import working
from worker.handlers.errors import Permanent
from worker.jetstream.dead_letters.bodies import Bodies
from worker.jetstream.dead_letters.orphans import Orphans
from worker.jetstream.messages import purge_subject
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayer
from worker.jetstream.stuck.finder import StuckFinder
from worker.jetstream.stuck.mover import StuckMover
from worker.model.clock import SystemClock
from worker.model.dead_letter import DeadLetter
from worker.model.raw_object import RawObject
from worker.model.task import Task

pytestmark = pytest.mark.slow

SMALL = 8 * 1024
MOST = 60


def large(number: int, size: int = SMALL) -> bytes:
    body = json.dumps(task(number, payload={"filling": ""})).encode()
    return body.replace(b'"filling": ""', b'"filling": "%s"' % (b"y" * (size - len(body))))


def small_server(start_nats: StartNats) -> NatsServer:
    return start_nats(config=f"max_payload: {SMALL}")


async def killed(server: NatsServer, at: int) -> bool:
    process = context("tests.faults.sweeping").Process(target=sweep_until, args=(server.url, at))
    process.start()
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode in (0, -signal.SIGKILL)
    return bool(process.exitcode != 0)


async def sweep(where: Queue) -> None:
    found = await StuckFinder(where.api, NAMES).find()
    mover = StuckMover(where.api, NAMES, "next", SystemClock())
    async for _ in mover.move(found.certain, found.allowed):
        pass


async def cleared(where: Queue) -> None:
    """Have the object store cleared of what no letter names."""
    orphans = Orphans(where.api, NAMES)
    await orphans.remove()
    await orphans.remove()


async def test_of_the_mover(start_nats: StartNats) -> None:
    server = small_server(start_nats)
    async with queue(server) as where:
        bodies = Bodies(where.api, NAMES)
        for step in range(1, MOST):
            sequence = await publish(where, large(step))
            async with client(where) as taker:
                await taker.take(sequence)
                await taker.spend(sequence)
            was_killed = await killed(server, step)
            await sweep(where)
            ((letter, _),) = await letters(where)
            assert await tasks_left(where) == 0, f"killed at {step}"
            assert letter.raw_object is not None
            assert await bodies.get(letter.raw_object) == large(step)
            await cleared(where)
            assert len(await bodies.entries()) == len(await bodies.piece_subjects()) == 1
            await purge_subject(where.api, where.layout.dead_letters.name, NAMES.dlq)
            if not was_killed:
                break
        assert not was_killed


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_of_the_replay(start_nats: StartNats, kind: LayoutKind) -> None:
    server = small_server(start_nats)
    async with queue(server, kind) as where:
        bodies, body = Bodies(where.api, NAMES), large(1, SMALL - 1500)
        for step in range(1, MOST):
            place = RawObject.of(f"dead-1-{step}", body)
            await bodies.put(place, body)
            letter = DeadLetter(task=Task(task_id="task-1"), error="no").outside(place)
            kept = await where.bury(letter.to_wire())
            process = context("tests.faults.replaying").Process(
                target=replay_until, args=(server.url, [kept], step)
            )
            process.start()
            await asyncio.to_thread(process.join, 60)
            assert process.exitcode in (0, KILLED)
            replayer = Replayer(where.api, where.layout, Author("ana", "2"), clock=SystemClock())
            results = [outcome.result async for outcome in replayer.run([kept])]
            assert results in (["replayed"], ["already"]), f"killed at {step}"
            assert [sent for _, sent in await where.raw_tasks()] == [body], f"killed at {step}"
            assert await letters(where) == []
            await cleared(where)
            assert await bodies.entries() == []
            await purge_subject(where.api, NAMES.stream, NAMES.tasks)
            if process.exitcode == 0:
                return
        raise AssertionError(f"there were more than {MOST} steps")


async def test_of_the_server(start_nats: StartNats) -> None:
    server, count = small_server(start_nats), 40
    async with queue(server) as where:
        for number in range(count):
            await publish(where, large(number))
        async with working(server, failing(Permanent("no")), concurrency=4) as worker:
            for part in (1, 2, 3):
                await eventually(lambda part=part: len(worker.logged("task.dead")) > 8 * part)  # type: ignore[misc]
                server.restart(kill=True)
            await eventually(lambda: len(worker.logged("task.dead")) >= count, within=60)
            await eventually(lambda: where.connection.is_connected)
        assert await tasks_left(where) == 0
        found = [letter for letter, _ in await letters(where)]
        assert sorted(letter.task.task_id for letter in found) == sorted(
            f"task-{number}" for number in range(count)
        )
        bodies = Bodies(where.api, NAMES)
        for letter in found:
            assert letter.raw_object is not None
            number = int(letter.task.task_id.removeprefix("task-"))
            assert await bodies.get(letter.raw_object) == large(number)
        await cleared(where)
        assert len(await bodies.entries()) == len(await bodies.piece_subjects()) == count
