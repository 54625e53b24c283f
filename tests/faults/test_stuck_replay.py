"""A mover died between copy and delete: replay and purge leave no task that comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from farutech_console.operations.changes.plan import make_plan
from farutech_console.operations.changes.run_plan import run_plan
from farutech_console.operations.model import PlanKind
from tests.faults.processes import context
from tests.faults.replaying import KILLED, replay_until
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import NAMES, LayoutKind, Queue, queue, task
from tests.support.stuck import stuck
from tests.support.worker_queue import letters, publish, tasks_left
from worker.jetstream.api import Api
from worker.jetstream.dead_letters.bodies import Bodies
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.errors import UnreachableError
from worker.jetstream.messages import message_at, purge_subject
from worker.jetstream.moves.origins import delete_origin
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayed, Replayer
from worker.jetstream.stuck.finder import StuckFinder
from worker.jetstream.stuck.mover import StuckMover
from worker.model.clock import SystemClock
from worker.model.dead_letter import DeadLetter
from worker.model.raw_object import RawObject

layouts = pytest.mark.parametrize("kind", ["fresh", "go"])
MOST_STEPS = 40


class UndeletingApi(Api):
    """Dies, as far as the server can tell, before it deletes anything."""

    async def request(
        self, verb: str, body: Mapping[str, Any] | None = None, *, within: float | None = None
    ) -> dict[str, Any]:
        if verb.startswith("STREAM.MSG.DELETE."):
            raise UnreachableError("killed")
        return await super().request(verb, body, within=within)


async def sweep(api: Api) -> None:
    found = await StuckFinder(api, NAMES).find()
    mover = StuckMover(api, NAMES, "mover", SystemClock())
    async for _ in mover.move(found.certain, found.allowed):
        pass


async def half_moved(where: Queue) -> tuple[int, int]:
    """Leave a stuck task with its letter beside it; return the sequences of both."""
    (origin,) = await stuck(where, 1)
    with contextlib.suppress(UnreachableError):
        await sweep(UndeletingApi(where.connection.client))
    assert await message_at(where.api, NAMES.stream, origin) is not None
    (stored,) = await DeadLetters(where.api, where.layout).newest(10)
    return origin, stored.sequence


async def replayed(where: Queue, sequences: Sequence[int]) -> list[Replayed]:
    replayer = Replayer(where.api, where.layout, Author("ana", "run"), clock=SystemClock())
    return [outcome async for outcome in replayer.run(sequences)]


@layouts
async def test_a_replay_takes_the_stuck_task_away_first(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as where:
        origin, kept = await half_moved(where)
        (outcome,) = await replayed(where, [kept])
        assert outcome.result == "replayed"
        assert await message_at(where.api, NAMES.stream, origin) is None
        await sweep(where.api)
        assert (await tasks_left(where), await letters(where)) == (1, [])


@pytest.mark.slow
@layouts
async def test_a_console_killed_at_any_step_of_it(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as where:
        for step in range(1, MOST_STEPS):
            _, kept = await half_moved(where)
            killed = context("tests.faults.replaying").Process(
                target=replay_until, args=(nats_server.url, [kept], step)
            )
            killed.start()
            await asyncio.to_thread(killed.join, 30)
            assert killed.exitcode in (0, KILLED)
            # Whoever comes first: a sweep of the queue, or the next replay.
            if step % 2:
                await sweep(where.api)
            await replayed(where, [kept])
            await sweep(where.api)
            assert (await tasks_left(where), await letters(where)) == (1, []), f"killed at {step}"
            await purge_subject(where.api, NAMES.stream, NAMES.tasks)
            if killed.exitcode == 0:
                return
        raise AssertionError(f"there were more than {MOST_STEPS} steps")


@layouts
@pytest.mark.parametrize("how", ["purge", "purge_hard"])
async def test_a_purge_does_so_too(
    nats_server: NatsServer, kind: LayoutKind, how: PlanKind
) -> None:
    async with queue(nats_server, kind) as where:
        origin, kept = await half_moved(where)
        o = operated(where)
        plan = await make_plan(o.api, where.layout, how, [kept], clock=o.clock)
        assert [one.outcome async for one in run_plan(o, plan)] == ["purged"]
        assert await message_at(where.api, NAMES.stream, origin) is None
        await sweep(where.api)
        assert (await tasks_left(where), await letters(where)) == (0, [])


@pytest.mark.parametrize(("how", "left"), [("purge", 2), ("purge_hard", 1)])
async def test_what_is_purged_for_good_leaves_no_bytes(
    nats_server: NatsServer, how: PlanKind, left: int
) -> None:
    """What went into the archive may come back, so its object stays."""
    async with queue(nats_server) as where:
        bodies, kept = Bodies(where.api, NAMES), []
        for name in ("dead-1-1", "dead-1-2"):
            placed = RawObject.of(name, b"x" * 1000)
            await bodies.put(placed, b"x" * 1000)
            kept.append(await where.bury(DeadLetter().outside(placed).to_wire()))
        o = operated(where)
        plan = await make_plan(o.api, where.layout, how, kept[:1], clock=o.clock)
        assert [one.outcome async for one in run_plan(o, plan)] == ["purged"]
        assert len(await bodies.entries()) == left


async def test_what_another_letter_names_too_stays(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        placed = RawObject.of("dead-1-1", b"x" * 1000)
        await Bodies(where.api, NAMES).put(placed, b"x" * 1000)
        kept = [await where.bury(DeadLetter().outside(placed).to_wire()) for _ in range(2)]
        o = operated(where)
        for one, left in zip(kept, (1, 0), strict=True):
            plan = await make_plan(o.api, where.layout, "purge_hard", [one], clock=o.clock)
            assert [done.outcome async for done in run_plan(o, plan)] == ["purged"]
            assert len(await Bodies(where.api, NAMES).entries()) == left


async def test_what_only_looks_like_the_origin_stays(nats_server: NatsServer) -> None:
    """The queue was deleted and created anew: its sequences begin again, with other tasks."""
    async with queue(nats_server) as where:
        origin, kept = await half_moved(where)
        stored = await DeadLetters(where.api, where.layout).letter(kept)
        assert stored is not None
        await purge_subject(where.api, NAMES.stream, NAMES.tasks)
        assert not await delete_origin(where.api, NAMES, stored)
        config = (await where.api.request(f"STREAM.INFO.{NAMES.stream}"))["config"]
        await where.api.request(f"STREAM.DELETE.{NAMES.stream}")
        await where.api.request(f"STREAM.CREATE.{NAMES.stream}", config)
        assert await publish(where, task(99)) == origin
        assert not await delete_origin(where.api, NAMES, stored)
        assert await tasks_left(where) == 1
