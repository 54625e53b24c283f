"""A mover died between copy and delete: replay and purge leave no task that comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from farutech_console.operations.plan import make_plan
from farutech_console.operations.purge import purge
from tests.faults.replaying import KILLED, context, replay_until
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue, task
from tests.support.stuck import stuck
from tests.support.worker_queue import letters, publish, tasks_left
from worker.jetstream.api import Api
from worker.jetstream.dead_letters import DeadLetters
from worker.jetstream.errors import UnreachableError
from worker.jetstream.messages import message_at, purge_subject
from worker.jetstream.origins import delete_origin
from worker.jetstream.replays import Replayed, Replayer
from worker.jetstream.replays_claims import Author
from worker.jetstream.stuck import StuckFinder
from worker.jetstream.stuck_moves import StuckMover
from worker.model.clock import SystemClock

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
            killed = context().Process(target=replay_until, args=(nats_server.url, [kept], step))  # type: ignore[attr-defined]
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
async def test_a_purge_does_so_too(nats_server: NatsServer, kind: LayoutKind) -> None:
    async with queue(nats_server, kind) as where:
        origin, kept = await half_moved(where)
        clock = SystemClock()
        plan = await make_plan(where.api, where.layout, "purge", [kept], clock=clock)
        outcomes = [one async for one in purge(where.api, where.layout, plan, clock=clock)]
        assert [one.outcome for one in outcomes] == ["purged"]
        assert await message_at(where.api, NAMES.stream, origin) is None
        await sweep(where.api)
        assert (await tasks_left(where), await letters(where)) == (0, [])


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
