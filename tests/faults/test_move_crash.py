"""Whoever purges or brings back letters may be killed at any step: none is lost, none is doubled.

A letter lies among the dead letters, or its task was sent, or the archive has a copy that an undo
brings back: one of the three, and once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import pytest

from tests.faults.moving import Move, move_until
from tests.faults.processes import context
from tests.faults.replaying import KILLED
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.messages import purge_subject
from worker.jetstream.moves.moves import (
    Origin,
    always,
    finish_standing,
    purge_letters,
    return_letters,
)
from worker.jetstream.moves.purges_parts import PurgeParts
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayer
from worker.jetstream.topology.layout import create_stream
from worker.model.clock import SystemClock
from worker.model.topology import archive_stream

LETTERS = 3
MOST_STEPS = 40
LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")


async def killed_at(url: str, move: Move, run: str, sequences: Sequence[int], step: int) -> bool:
    """Move letters in a process that dies after so many steps; return whether it came to that."""
    process = context("tests.faults.replaying").Process(
        target=move_until, args=(url, move, run, sequences, step)
    )
    process.start()
    await asyncio.to_thread(process.join, 30)
    assert process.exitcode in (0, KILLED)
    return bool(process.exitcode == KILLED)


def parts_of(q: Queue) -> PurgeParts:
    return PurgeParts(q.api, q.layout, SystemClock())


async def present(q: Queue) -> dict[int, str]:
    pages = [page async for page in DeadLetters(q.api, q.layout).scan()]
    return {letter.sequence: letter.task.task_id for page in pages for letter in page}


async def purge_all(q: Queue, run: str) -> None:
    author = Author("the next one", run)
    outcomes = purge_letters(parts_of(q), author, "", list(await present(q)), always)
    assert {one.result async for part in outcomes for one in part} <= {"purged", "already"}


async def replay_all(q: Queue, run: str) -> None:
    replayer = Replayer(q.api, q.layout, Author("the next one", run), clock=SystemClock())
    outcomes = [outcome async for outcome in replayer.run(list(await present(q)))]
    assert {outcome.result for outcome in outcomes} <= {"replayed", "already"}


async def undo(q: Queue, run: str, sequences: Sequence[int]) -> None:
    origin = Origin(q.layout.dlq_generation, run)
    author = Author("the last one", f"undo of {run}")
    returning = return_letters(parts_of(q), author, origin, sequences, always)
    for outcome in [one async for part in returning for one in part]:
        assert outcome.result != "failed" or "no copy" in outcome.detail


async def everywhere(q: Queue) -> Counter[str]:
    """How often each task is there: waiting in the queue, or as a dead letter."""
    return Counter([*(task["task_id"] for task in await q.tasks()), *(await present(q)).values()])


async def cleared(q: Queue) -> None:
    await purge_subject(q.api, NAMES.stream, NAMES.tasks)
    await purge_subject(q.api, q.layout.dead_letters.name, NAMES.dlq)


Next = Callable[[Queue, str], Awaitable[None]]
NEXT: Sequence[Next] = (purge_all, replay_all)
ONCE = {f"task-{number}": 1 for number in range(LETTERS)}


@pytest.mark.slow
@pytest.mark.parametrize("kind", LAYOUTS)
async def test_a_purge_killed_at_every_step(server_versions: NatsServer, kind: LayoutKind) -> None:
    async with queue(server_versions, kind) as q:
        await create_stream(q.api, archive_stream(NAMES))
        step = 0
        for turn in range(MOST_STEPS):
            step, after = turn // 2 + 1, NEXT[turn % 2]
            kept = await q.bury_many(LETTERS)
            run = f"run-{turn}"
            died = await killed_at(server_versions.url, "purge", run, kept, step)
            await after(q, f"next-{turn}")
            assert await present(q) == {}
            for one in (run, f"next-{turn}"):
                await undo(q, one, kept)
            assert await everywhere(q) == ONCE, f"killed at {step}, then {after.__name__}"
            assert (await parts_of(q).intentions.standing()).intention is None
            await cleared(q)
            if not died:
                break
        assert 6 < step < MOST_STEPS // 2, f"there were {step} steps"


@pytest.mark.slow
@pytest.mark.parametrize("kind", LAYOUTS)
async def test_an_undo_killed_at_every_step(server_versions: NatsServer, kind: LayoutKind) -> None:
    async with queue(server_versions, kind) as q:
        await create_stream(q.api, archive_stream(NAMES))
        step = 0
        for turn in range(MOST_STEPS):
            step, after = turn // 2 + 1, NEXT[turn % 2]
            kept = await q.bury_many(LETTERS)
            run = f"run-{turn}"
            await purge_all(q, run)
            died = await killed_at(server_versions.url, "return", run, kept, step)
            await finish_standing(parts_of(q))
            back = list(await present(q))
            await after(q, f"next-{turn}")
            await undo(q, run, kept)
            await undo(q, f"next-{turn}", back)
            await undo(q, run, kept)
            assert await everywhere(q) == ONCE, f"killed at {step}, then {after.__name__}"
            assert (await parts_of(q).intentions.standing()).intention is None
            await cleared(q)
            if not died:
                break
        assert 5 < step < MOST_STEPS // 2, f"there were {step} steps"
