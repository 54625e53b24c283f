from __future__ import annotations

import contextlib
from random import Random

import structlog

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue
from worker.jetstream.intentions import Intentions
from worker.jetstream.moves import always, purge_letters
from worker.jetstream.purges import PurgeParts
from worker.jetstream.replays_claims import Author
from worker.model.clock import SystemClock
from worker.model.surroundings import Surroundings
from worker.runtime.records import Records
from worker.runtime.unfinished_moves import UnfinishedMoves


class _BrokenOffError(Exception):
    pass


async def test_a_worker_finishes_a_purge_that_was_left(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(3)

        async def step(name: str) -> None:
            if name == "copied":
                raise _BrokenOffError

        parts = PurgeParts(q.api, q.layout, SystemClock(), step)
        moving = purge_letters(parts, Author("anna", "run-1"), "", kept, always)
        with contextlib.suppress(_BrokenOffError):
            _ = [outcome async for outcome in moving]
        assert (await q.counts("PROVISIONING_DLQ")) == {NAMES.dlq: 3}
        around = Surroundings(SystemClock(), Random(1), structlog.get_logger())
        chore = UnfinishedMoves(q.api, NAMES, "worker-1", Records(q.api, NAMES, around.log), around)
        assert await chore.look()
        assert (await q.counts("PROVISIONING_DLQ")) == {NAMES.dlq: 3}
        assert not await chore.look()
        assert (await q.counts("PROVISIONING_DLQ")) == {}
        assert (await Intentions(q.api, NAMES).standing()).intention is None
        assert not await chore.look()
