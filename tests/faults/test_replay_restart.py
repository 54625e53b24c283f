"""A server that is killed at any step of a replay costs no task and doubles none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue
from worker.jetstream.api import Api
from worker.jetstream.messages import purge_subject
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayed, Replayer
from worker.model.clock import SystemClock

LETTERS = 3
MANY = 70
LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")
STEPS = range(1, 24, 3)


class KillAt:
    """Kills and restarts the server after so many steps of a replay."""

    def __init__(self, server: NatsServer, step: int) -> None:
        self.happened = False
        self._server = server
        self._left = step

    async def step(self, _name: str) -> None:
        self._left -= 1
        if self._left == 0:
            self.happened = True
            self._server.restart(kill=True)


async def replayed(
    q: Queue, sequences: Sequence[int], run: str, kill: KillAt, pieces: int = 0
) -> list[Replayed]:
    async def allow(most: int) -> int:
        return min(most, pieces or most)

    api = Api(q.connection.client, within=0.5)
    replayer = Replayer(api, q.layout, Author("ops", run), clock=SystemClock(), step=kill.step)
    run_of_them = replayer.run(sequences, allow, complete=pieces > 0)
    return [outcome async for outcome in run_of_them]


@pytest.mark.slow
@pytest.mark.parametrize("kind", LAYOUTS)
async def test_server_killed_at_many_steps(server_versions: NatsServer, kind: LayoutKind) -> None:
    async with queue(server_versions, kind):
        pass
    for step in STEPS:
        async with queue(server_versions, None) as q:
            kept = await q.bury_many(LETTERS)
            kill = KillAt(server_versions, step)
            outcomes = await replayed(q, kept, f"first {step}", kill)
            outcomes += await replayed(q, kept, f"second {step}", KillAt(server_versions, 0))
            sent = Counter(task["task_id"] for task in await q.tasks())
            left = (await q.counts(q.layout.dead_letters.name)).get(NAMES.dlq, 0)
            unknown = {x.task_id for x in outcomes[LETTERS:] if x.result == "unknown"}
            assert max(sent.values(), default=1) == 1, f"killed at {step}: {sent}"
            assert len(sent) >= LETTERS - len(unknown), f"killed at {step}: {outcomes}"
            assert left == len(unknown), f"killed at {step}: {outcomes}"
            if q.layout.atomic_replay:
                assert not unknown
            await purge_subject(q.api, NAMES.stream, NAMES.tasks)
            await purge_subject(q.api, q.layout.dead_letters.name, NAMES.dlq)
            if not kill.happened:
                break


@pytest.mark.slow
async def test_server_killed_while_many_batches_are_under_way(nats_server: NatsServer) -> None:
    async with queue(nats_server):
        pass
    happened = 0
    for step in (8, 20, 33, 47, 60, 74, 90, 120):
        async with queue(nats_server, None) as q:
            kept = await q.bury_many(MANY)
            kill = KillAt(nats_server, step)
            outcomes = await replayed(q, kept, f"first {step}", kill, pieces=3)
            outcomes += await replayed(q, kept, f"second {step}", KillAt(nats_server, 0), pieces=3)
            sent = Counter(task["task_id"] for task in await q.tasks())
            assert sent == {f"task-{n}": 1 for n in range(MANY)}, f"killed at {step}"
            assert {x.result for x in outcomes} <= {"replayed", "already"}, f"killed at {step}"
            assert (await q.counts(q.layout.dead_letters.name)).get(NAMES.dlq, 0) == 0
            await purge_subject(q.api, NAMES.stream, NAMES.tasks)
            happened += kill.happened
    assert happened > 4
