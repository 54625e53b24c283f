"""A console is killed with kill -9; the next rounds of a worker finish what it had begun."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
import structlog
from structlog.testing import capture_logs

from tests.faults.replaying import replay_until
from tests.faults.test_next_start import VICTIMS, in_all, killed
from tests.faults.test_replay_crash import everything_else
from tests.live.test_archive import letters
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue
from worker.jetstream.replays.claims import Author, Claims, claim_body
from worker.jetstream.topology.layout import ensure_claims
from worker.model.clock import SystemClock
from worker.model.surroundings import Surroundings
from worker.runtime.records import Records
from worker.runtime.unfinished import UnfinishedReplays

ROUNDS = 3


async def go_round(q: Queue, times: int = ROUNDS) -> Counter[str]:
    """Look as a worker does; return what was logged, counted."""
    around = Surroundings(SystemClock(), Random(0), structlog.get_logger())
    chore = UnfinishedReplays(q.api, NAMES, "worker-1", Records(q.api, NAMES, around.log), around)
    with capture_logs() as logged:
        for _ in range(times):
            await chore.look()
    return Counter(entry["event"] for entry in logged)


@pytest.mark.parametrize(
    ("kind", "step"), [("fresh", "sent"), ("go", "claimed"), ("go", "sent"), ("go", "marked")]
)
async def test_a_worker_finishes_a_replay_that_was_killed(
    server_versions: NatsServer, kind: LayoutKind, step: str
) -> None:
    async with queue(server_versions, kind) as q:
        kept = await q.bury_many(VICTIMS)
        await killed(replay_until, server_versions.url, kept, step)
        left = len(await letters(q))
        await go_round(q)
        assert await in_all(q) == {f"task-{n}": 1 for n in range(VICTIMS)}
        claims = await q.counts(await ensure_claims(q.api, q.layout))
        assert not [name for name in claims if name.startswith("provisioning.replays.")]
        assert len(await letters(q)) <= left
        # On Go's stream those letters lie in the work queue that were not claimed yet.
        assert (await everything_else(q)).keys() <= {NAMES.dlq}


async def test_a_worker_leaves_what_nobody_can_tell(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q:
        kept = await q.bury_many(2)
        claims = Claims(q.api, await ensure_claims(q.api, q.layout), q.layout)
        await claims.take(kept[0], claim_body("claimed", Author("eve", "x"), server="another"))
        assert await go_round(q, 6) == {"replay.in_doubt": 1}
        assert len(await letters(q)) == 2
        assert await q.tasks() == []


async def test_a_worker_lets_be_who_is_at_work(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q:
        (kept,) = await q.bury_many(1)
        claims = Claims(q.api, await ensure_claims(q.api, q.layout), q.layout)
        await claims.take(kept, claim_body("claimed", Author("anna", "alive")))
        assert await go_round(q, ROUNDS - 1) == {}
        assert await q.tasks() == []
