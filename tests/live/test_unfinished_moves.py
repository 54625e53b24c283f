"""A purge that somebody began and left: the next rounds of a worker finish it."""

from __future__ import annotations

from random import Random

import structlog

from tests.support.left import leave_purge
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue
from worker.jetstream.moves.intentions import Intentions
from worker.model.clock import SystemClock
from worker.model.surroundings import Surroundings
from worker.runtime.records import Records
from worker.runtime.unfinished_moves import UnfinishedMoves


async def test_a_worker_finishes_a_purge_that_was_left(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(3)
        await leave_purge(q.api, q.layout, kept)
        assert (await q.counts("PROVISIONING_DLQ")) == {NAMES.dlq: 3}
        around = Surroundings(SystemClock(), Random(1), structlog.get_logger())
        chore = UnfinishedMoves(q.api, NAMES, "worker-1", Records(q.api, NAMES, around.log), around)
        assert await chore.look()
        assert (await q.counts("PROVISIONING_DLQ")) == {NAMES.dlq: 3}
        assert not await chore.look()
        assert (await q.counts("PROVISIONING_DLQ")) == {}
        assert (await Intentions(q.api, NAMES).standing()).intention is None
        assert not await chore.look()
