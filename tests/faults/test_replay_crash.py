"""A console that is killed at any step of a replay loses no task and sends none twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from tests.faults.processes import context
from tests.faults.replaying import KILLED, replay_until
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, letter, queue
from worker.jetstream.messages import purge_subject
from worker.jetstream.replays.claims import Author, Claims, claim_body
from worker.jetstream.replays.replayer import Replayed, Replayer
from worker.jetstream.topology.layout import ensure_claims
from worker.model.clock import SystemClock
from worker.model.replay import Unknown

LETTERS = 3
FEWEST_STEPS = 12
MOST_STEPS = 60
MANY = 70
"""As many as it takes to have their claims removed together, and many batches under way."""
MOST_PIECEMEAL_STEPS = 400
LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")


async def killed_at(
    url: str, sequences: Sequence[int], step: int, pieces: int = 0, unknown: Unknown = "keep"
) -> bool:
    """Replay in a process that dies after so many steps; return whether it came to that."""
    process = context("tests.faults.replaying").Process(
        target=replay_until, args=(url, sequences, step, pieces, unknown)
    )
    process.start()
    await asyncio.to_thread(process.join, 30)
    assert process.exitcode in (0, KILLED)
    return bool(process.exitcode == KILLED)


async def replayed_again(q: Queue, sequences: Sequence[int], step: int) -> list[Replayed]:
    author = Author("the next one", f"after {step}")
    replayer = Replayer(q.api, q.layout, author, clock=SystemClock())
    return [outcome async for outcome in replayer.run(sequences)]


async def everything_else(q: Queue) -> dict[str, int]:
    home = await ensure_claims(q.api, q.layout)
    counts = await q.counts(home) | await q.counts(q.layout.dead_letters.name) | await q.counts()
    counts.pop(NAMES.tasks, None)
    return counts


@pytest.mark.slow
@pytest.mark.parametrize("kind", LAYOUTS)
async def test_killed_at_every_step(server_versions: NatsServer, kind: LayoutKind) -> None:
    async with queue(server_versions, kind) as q:
        for step in range(1, MOST_STEPS):
            kept = await q.bury_many(LETTERS)
            died = await killed_at(server_versions.url, kept, step)
            outcomes = await replayed_again(q, kept, step)
            assert {outcome.result for outcome in outcomes} <= {"replayed", "already"}, outcomes
            sent = Counter(task["task_id"] for task in await q.tasks())
            assert sent == {f"task-{n}": 1 for n in range(LETTERS)}, f"killed at {step}: {sent}"
            assert await everything_else(q) == {}, f"killed at {step}"
            await purge_subject(q.api, NAMES.stream, NAMES.tasks)
            if not died:
                break
        assert FEWEST_STEPS < step < MOST_STEPS - 1, f"there were {step} steps"


@pytest.mark.slow
async def test_killed_at_every_step_of_many_batches_at_once(nats_server: NatsServer) -> None:
    """All there are, two by two, deleted as one stretch, their claims removed together."""
    async with queue(nats_server) as q:
        for step in (*range(1, 30, 2), *range(30, MOST_PIECEMEAL_STEPS, 7)):
            kept = await q.bury_many(MANY)
            later = await q.bury(letter(MANY))
            died = await killed_at(nats_server.url, kept, step, pieces=2)
            outcomes = await replayed_again(q, [*kept, later], step)
            assert {outcome.result for outcome in outcomes} <= {"replayed", "already"}, outcomes
            sent = Counter(task["task_id"] for task in await q.tasks())
            assert sent == {f"task-{n}": 1 for n in range(MANY + 1)}, f"killed at {step}"
            assert await everything_else(q) == {}, f"killed at {step}"
            await purge_subject(q.api, NAMES.stream, NAMES.tasks)
            if not died:
                break
        assert 60 < step < MOST_PIECEMEAL_STEPS - 7, f"there were {step} steps"


@pytest.mark.slow
@pytest.mark.parametrize("kind", LAYOUTS)
@pytest.mark.parametrize("unknown", ["send", "drop"])
async def test_killed_while_it_does_as_the_operator_said(
    nats_server: NatsServer, kind: LayoutKind, unknown: Unknown
) -> None:
    """Of letters nobody could tell anything of: sent once, or dropped, wherever it was killed."""
    async with queue(nats_server, kind) as q:
        claims = Claims(q.api, await ensure_claims(q.api, q.layout), q.layout)
        lost = claim_body("claimed", Author("eve@laptop", "lost"), server="another start")
        for step in range(1, MOST_STEPS):
            kept = await q.bury_many(2)
            for sequence in kept:
                await claims.take(sequence, lost)
            died = await killed_at(nats_server.url, kept, step, unknown=unknown)
            author = Author("the next one", f"after {step}")
            again = Replayer(q.api, q.layout, author, clock=SystemClock())
            outcomes = [outcome async for outcome in again.run(kept, unknown=unknown)]
            assert {outcome.result for outcome in outcomes} <= {"replayed", "already"}, outcomes
            sent = Counter(task["task_id"] for task in await q.tasks())
            wanted = {"task-0": 1, "task-1": 1} if unknown == "send" else {}
            assert sent == wanted, f"killed at {step}"
            assert await everything_else(q) == {}, f"killed at {step}"
            await purge_subject(q.api, NAMES.stream, NAMES.tasks)
            if not died:
                break
        assert 6 < step < MOST_STEPS - 1, f"there were {step} steps"


@pytest.mark.slow
async def test_killed_while_nobody_can_know_is_unknown_and_never_lost(
    nats_server: NatsServer,
) -> None:
    """As above, but the server is restarted in between: what is in doubt is said to be."""
    unknown = 0
    async with queue(nats_server, "go"):
        pass
    for step in range(3, 9):
        async with queue(nats_server, None) as q:
            kept = await q.bury_many(1)
        await killed_at(nats_server.url, kept, step)
        nats_server.restart(kill=True)
        async with queue(nats_server, None) as q:
            (outcome,) = await replayed_again(q, kept, step)
            sent = len(await q.tasks())
            left = (await q.counts()).get(NAMES.dlq, 0)
            if outcome.result == "unknown":
                unknown += 1
                assert left == 1
                assert sent <= 1
            else:
                assert (sent, left) == (1, 0)
            await purge_subject(q.api, NAMES.stream, NAMES.tasks)
            await purge_subject(q.api, NAMES.stream, NAMES.dlq)
    assert 0 < unknown < 6
