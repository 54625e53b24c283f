"""Whole workers look after what others left: stuck tasks, and replays between two steps."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conftest import StartNats
from tests.faults.processes import context
from tests.faults.replaying import KILLED, replay_until
from tests.support.nats_server import NatsServer
from tests.support.pages import fetched
from tests.support.queues import NAMES, LayoutKind, Queue, queue, task
from tests.support.server_versions import Unavailable, find_binary, older_versions
from tests.support.stuck import client, mixture, pending, published, stuck, with_consumer
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, letters, publish, tasks_left
from tests.support.workers import Calls, RunningWorker, worker_process, working
from worker.jetstream.fleet.service import fleet
from worker.jetstream.info import stream_of_subject
from worker.jetstream.messages import next_message
from worker.jetstream.replays.fences import is_fence
from worker.model.event import read_events

QUICK = 0.3
"""Seconds between two rounds."""
TEN = 10


@asynccontextmanager
async def ten_workers(server: NatsServer, handler: Calls) -> AsyncIterator[Sequence[RunningWorker]]:
    """Ten workers that look after stuck tasks all the time."""
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                working(server, handler, worker_id=f"w-{number}", sweep_interval=QUICK)
            )
            for number in range(TEN)
        ]


async def dead(where: Queue) -> list[int]:
    """The messages of the queue that have a letter, one entry for each letter."""
    return sorted(letter.source.sequence for letter, _ in await letters(where) if letter.source)


async def deaths_told(where: Queue) -> list[tuple[str, str]]:
    """The task and the reason of each event of a death."""
    found: list[tuple[str, str]] = []
    sequence = 1
    while message := await next_message(
        where.api, NAMES.events_stream, NAMES.events("*"), sequence
    ):
        found += [
            (event.task_id, event.reason)
            for event in read_events(message.body)
            if event.kind == "dead_lettered"
        ]
        sequence = message.sequence + 1
    return found


async def leave_stuck(where: Queue, log: Path) -> int:
    """Have a worker killed in the last attempt of a task; return the task's sequence."""
    await with_consumer(where, max_deliver=1, ack_wait=10**9)
    with worker_process(where.server, log, "--sim-duration", "60") as process:
        sequence = await publish(where, task(1))
        await eventually(lambda: pending(where, 1), within=30)
        process.kill()
        process.wait()
    return sequence


async def test_ten_workers_bury_what_a_killed_one_left_once(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    calls = Calls()
    async with queue(nats_server) as where:
        sequence = await leave_stuck(where, tmp_path / "killed.log")
        async with ten_workers(nats_server, calls) as workers:
            await eventually(lambda: all_done(where), within=30)
            await eventually(lambda: any(worker.logged("task.dead") for worker in workers))
            members = (await fleet(where.connection)).members
            assert sum(member.report.totals["dead_lettered"] for member in members) == 1
            assert sum(len(worker.logged("task.dead")) for worker in workers) == 1
        ((letter, _),) = await letters(where)
        assert letter.source is not None
        assert (letter.reason, letter.source.sequence) == ("stuck", sequence)
        assert letter.worker_id.startswith("w-")
        assert await deaths_told(where) == [("task-1", "stuck")]
    assert calls.seen == []


@pytest.mark.older_server
async def test_the_same_on_gos_layout_and_server(start_nats: StartNats, tmp_path: Path) -> None:
    binary = find_binary(older_versions()[0])
    if isinstance(binary, Unavailable):
        pytest.skip(binary.reason)
    server = start_nats(binary=binary)
    async with queue(server, "go") as where:
        sequence = await leave_stuck(where, tmp_path / "killed.log")
        async with ten_workers(server, Calls()):
            await eventually(lambda: all_done(where), within=30)
        assert await dead(where) == [sequence]


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_max_deliver_was_lowered(nats_server: NatsServer, kind: LayoutKind) -> None:
    """The server tells of none of those: they are stuck without a word."""
    calls = Calls()
    async with queue(nats_server, kind) as where:
        sequences = await published(where, 3)
        async with client(where) as taker:
            await taker.take(*sequences)
            await taker.again(*sequences, count=2)
            await with_consumer(where, max_deliver=2, ack_wait=10**8)
        at_any_port = {"http": "127.0.0.1:0"}
        async with working(nats_server, calls, sweep_interval=QUICK, **at_any_port) as worker:
            await eventually(lambda: len(worker.logged("task.dead")) == 3, within=30)
            url = worker.logged("http.listening")[0]["url"]
            metrics = await fetched(f"{url}/metrics")
        assert await dead(where) == sequences
    assert calls.seen == []
    assert 'farutech_dead_letters_total{reason="stuck"} 3.0' in metrics


async def test_beside_tasks_in_flight_and_in_backoff(nats_server: NatsServer) -> None:
    calls = Calls()
    async with queue(nats_server) as where, mixture(where, new=0) as mixed:
        async with working(nats_server, calls, sweep_interval=QUICK):
            for number in range(1000, 1010):
                await publish(where, task(number))
            await eventually(lambda: _left(where, len(mixed.others)), within=30)
            assert await dead(where) == mixed.stuck
        assert await tasks_left(where) == len(mixed.others)
    assert len(calls.seen) == 10


async def _left(where: Queue, count: int) -> bool:
    return await tasks_left(where) == count


async def test_with_no_advisory_heard_it_waits_until_it_is_sure(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where, mixture(where, delayed=20, new=0) as mixed:
        async with working(nats_server, Calls(), sweep_interval=QUICK) as worker:
            await eventually(lambda: worker.logged("stuck.unknown"), within=30)
            assert set(await dead(where)) <= set(mixed.stuck)
            await mixed.settle_others()
            await eventually(lambda: all_done(where), within=30)
        assert await dead(where) == mixed.stuck


async def test_with_an_interval_of_0_nobody_looks(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        await stuck(where, 1)
        async with working(nats_server, Calls(), sweep_interval=0.0):
            await publish(where, task(7))
            await eventually(lambda: _left(where, 1))
        assert await letters(where) == []


@pytest.mark.parametrize(
    ("kind", "step"), [("fresh", "sent"), ("fresh", "letter deleted"), ("go", "marked")]
)
async def test_a_worker_finishes_the_replay_of_a_killed_console(
    nats_server: NatsServer, kind: LayoutKind, step: str
) -> None:
    calls = Calls()
    async with queue(nats_server, kind) as where:
        # Of several claimed one by one the others may be anywhere: those are left in doubt.
        count = 3 if kind == "fresh" else 1
        kept = await where.bury_many(count)
        killed = context("tests.faults.replaying").Process(
            target=replay_until, args=(nats_server.url, kept, step)
        )
        killed.start()
        await asyncio.to_thread(killed.join, 30)
        assert killed.exitcode == KILLED
        assert await claims(where)
        async with working(nats_server, calls, sweep_interval=QUICK) as worker:
            await eventually(lambda: _none(where), within=30)
            await eventually(lambda: all_done(where))
            # The last of the three may have been deleted before the kill.
            assert worker.logged("replay.finished") or step == "letter deleted"
        left = {letter.task.task_id for letter, _ in await letters(where)}
    assert left.isdisjoint(calls.ids)
    assert left | set(calls.ids) == {f"task-{number}" for number in range(count)}
    assert len(calls.ids) == len(set(calls.ids))


async def claims(where: Queue) -> list[str]:
    """The subjects of all claims."""
    home = await stream_of_subject(where.api, NAMES.replays)
    found = await where.counts(home) if home else {}
    return [x for x in found if x.startswith(NAMES.replays[:-1]) and not is_fence(x)]


async def _none(where: Queue) -> bool:
    return not await claims(where)


async def test_nothing_is_made_where_nobody_replayed(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        await stuck(where, 1)
        async with working(nats_server, Calls(), sweep_interval=0.05):
            await eventually(lambda: all_done(where), within=30)
        assert await stream_of_subject(where.api, NAMES.replays) is None
