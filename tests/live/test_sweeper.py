"""Stuck tasks become dead letters: each once, whoever sweeps, and no other task with them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from random import Random

import pytest
import structlog

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue, task
from tests.support.stuck import consumer, mixture, stuck, with_stream
from tests.support.waiting import eventually
from tests.support.worker_queue import letters, tasks_left
from worker.jetstream.deliveries.ledger import Lease, Ledger
from worker.jetstream.errors import ApiError
from worker.jetstream.messages import next_message
from worker.jetstream.pipeline import Pipeline
from worker.jetstream.stuck.finder import StuckFinder
from worker.jetstream.stuck.mover import Moved, StuckMover
from worker.jetstream.topology.layout import generation
from worker.model.clock import SystemClock
from worker.model.ledger import task_key
from worker.model.names import death_key
from worker.model.surroundings import Surroundings
from worker.runtime.rounds import Rounds
from worker.runtime.sweeper import Sweeper
from worker.telemetry.readiness import Readiness

CLOCK = SystemClock()
WINDOW = 0.1
"""The shortest duplicate window a server allows, in seconds."""
layouts = pytest.mark.parametrize("kind", ["fresh", "go"])


def sweeper(where: Queue, ledger: Ledger | None = None, name: str = "one") -> Sweeper:
    around = Surroundings(CLOCK, Random(name), structlog.get_logger())
    mover = StuckMover(where.api, NAMES, name, CLOCK, lambda: ledger)
    return Sweeper(StuckFinder(where.api, NAMES), mover, around, settle=0.0)


async def swept(where: Queue, ledger: Ledger | None = None) -> list[Moved]:
    return await sweeper(where, ledger).sweep()


async def dead(where: Queue) -> list[int]:
    """The messages of the queue that have a letter, one entry for each letter."""
    return sorted(letter.source.sequence for letter, _ in await letters(where) if letter.source)


async def test_all_that_is_stuck_is_moved_and_nothing_else(server_versions: NatsServer) -> None:
    async with queue(server_versions) as where, mixture(where) as mixed:
        before = await consumer(where)
        moved = await swept(where)
        assert [one.sequence for one in moved] == mixed.stuck
        assert {one.result for one in moved} == {"moved"}
        assert await dead(where) == mixed.stuck
        (first, *_) = await letters(where)
        assert (first[0].reason, first[0].final_attempt, first[0].worker_id) == ("stuck", 5, "one")
        after = await consumer(where)
        assert (after.ack_pending, after.pending) == (before.ack_pending, before.pending)
        assert await tasks_left(where) == after.ack_pending + after.pending
        assert await swept(where) == []


async def test_with_nothing_told_none_is_moved_that_may_be_alive(
    server_versions: NatsServer,
) -> None:
    async with queue(server_versions, "go") as where, mixture(where) as mixed:
        await swept(where)
        assert set(await dead(where)) <= set(mixed.stuck)
        await mixed.settle_others()
        await eventually(lambda: _no_pending(where))
        await swept(where)
        assert await dead(where) == mixed.stuck


async def _no_pending(where: Queue) -> bool:
    return (await consumer(where)).ack_pending == 0


@layouts
async def test_ten_sweepers_at_once_move_each_once(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        where = await stack.enter_async_context(queue(server_versions, kind))
        lost = await stuck(where, 20)
        others = [await stack.enter_async_context(queue(server_versions, None)) for _ in range(10)]
        sweepers = [sweeper(one, name=str(number)) for number, one in enumerate(others)]

        async def all_moved() -> bool:
            await asyncio.gather(*(one.sweep() for one in sweepers))
            return await tasks_left(where) == 0

        await eventually(all_moved, within=30)
        assert await dead(where) == lost


@layouts
@pytest.mark.parametrize("named", [True, False])
async def test_a_letter_that_lies_there_already_is_not_written_again(
    server_versions: NatsServer, kind: LayoutKind, named: bool
) -> None:
    async with queue(server_versions, kind) as where:
        # The server must have forgotten the id, as it has when a day has passed.
        home = where.layout.dead_letters.name
        await with_stream(where, home, duplicate_window=int(WINDOW * 1e9))
        (lost,) = await stuck(where, 1)
        life = generation(where.layout.work_queue.created)
        source = {"stream": NAMES.stream, "sequence": lost, "subject": NAMES.tasks}
        body = {"task": task(), "error": "x", "final_attempt": 5, "reason": "stuck"}
        key = death_key(life, lost) if named else f"moved-{life}-77"
        letter = json.dumps(body | ({} if named else {"source": source})).encode()
        await where.api.publish(NAMES.dlq, letter, msg_id=key)
        await asyncio.sleep(2 * WINDOW)
        assert [one.result for one in await swept(where)] == ["moved"]
        assert await tasks_left(where) == 0
        assert [headers["Nats-Msg-Id"] for headers in await letter_headers(where)] == [key]


async def letter_headers(where: Queue) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = []
    home, sequence = where.layout.dead_letters.name, 1
    while message := await next_message(where.api, home, NAMES.dlq, sequence):
        found.append(message.headers)
        sequence = message.sequence + 1
    return found


async def test_what_was_done_is_no_dead_letter_and_what_runs_is_left(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server) as where, Pipeline(where.connection) as pipeline:
        done, running, lost = await stuck(where, 3)
        book = Ledger(where.api, pipeline, NAMES, "worker", 30.0, CLOCK)
        leases = [await book.begin(task_key(f"task-{n}"), n) for n in range(3)]
        first, _, last = leases
        assert isinstance(first, Lease)
        assert isinstance(last, Lease)
        await first.finish()
        await last.release()
        results = {one.sequence: one.result for one in await swept(where, book)}
        assert results == {done: "finished", running: "held", lost: "moved"}
        assert await dead(where) == [lost]
        assert await tasks_left(where) == 1


async def test_a_full_dead_letter_stream_keeps_the_task(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        await stuck(where, 1)
        await where.bury(b"{}")
        await with_stream(where, NAMES.dlq_stream, max_msgs=1)
        with pytest.raises(ApiError):
            await swept(where)
        assert await tasks_left(where) == 1
        await with_stream(where, NAMES.dlq_stream, max_msgs=-1)
        assert [one.result for one in await swept(where)] == ["moved"]


async def test_what_is_no_task_keeps_its_bytes(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        await stuck(where, 1, task_id=7)
        assert [one.result for one in await swept(where)] == ["moved"]
        ((letter, _),) = await letters(where)
        assert letter.raw_bytes() is not None


async def test_it_looks_twice_and_outlives_its_server(nats_server: NatsServer) -> None:
    told: list[Moved] = []
    async with queue(nats_server) as where:
        around = Surroundings(CLOCK, Random(1), structlog.get_logger())
        mover = StuckMover(where.api, NAMES, "one", CLOCK)
        look = StuckFinder(where.api, NAMES)
        slow = Sweeper(look, mover, around, told.append, settle=60.0)
        lost = await stuck(where, 2)
        assert await slow.sweep() == []
        assert await slow.sweep() == []
        quick = Sweeper(look, mover, around, told.append, settle=0.1)
        rounds = Rounds((quick,), Readiness(), around, interval=0.05)
        sweeping = asyncio.create_task(rounds.run(asyncio.Event()))
        nats_server.restart(kill=True)
        await eventually(lambda: len(told) == len(lost), within=20)
        sweeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeping
        assert [one.sequence for one in told] == lost
        assert await dead(where) == lost
