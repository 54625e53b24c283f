"""A replay on a server that has as many batches open as it allows."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.support.nats_server import NatsServer
from tests.support.outages import HandClock
from tests.support.queues import NAMES, Queue, queue
from tests.support.replays import left_behind, replay, results
from worker.jetstream.replays.batches import BatchMessage, publish_batch
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayer
from worker.jetstream.replays.standstill import CROWDED
from worker.model.clock import SystemClock

SERVERS_LIMIT = 50


class DiedError(Exception):
    """In the middle of a batch."""


async def die(name: str) -> None:
    assert name == "batch opened"
    raise DiedError


async def open_batches(q: Queue, count: int) -> None:
    """Leave batches without their end, as clients do that die."""
    messages = [BatchMessage(NAMES.tasks, b"", b"half"), BatchMessage(NAMES.tasks, b"", b"never")]
    for _ in range(count):
        with contextlib.suppress(DiedError):
            await publish_batch(q.api, messages, die)


@pytest.mark.slow
async def test_the_batches_of_clients_that_died_are_waited_out(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(3)
        await open_batches(q, SERVERS_LIMIT)
        clock = SystemClock()
        begun = clock.monotonic()
        assert results(await replay(q, kept)) == {"replayed": 3}
        assert clock.monotonic() - begun > 5, "the server was not full"
        assert [task["task_id"] for task in await q.tasks()] == ["task-0", "task-1", "task-2"]
        assert await left_behind(q) == {}


class HurriedClock(HandClock):
    """Half a minute of patience is over at the second look."""

    def monotonic(self) -> float:
        self.seconds += 20
        return self.seconds


async def test_letters_stay_and_are_told_why_where_that_does_not_end(tmp_path: Path) -> None:
    limits = "limits { batch { max_inflight_per_stream: 1, timeout: 1h } }"
    with NatsServer(tmp_path / "nats", jetstream=limits) as server:
        async with queue(server) as q:
            kept = await q.bury_many(3)
            await open_batches(q, 1)
            replayer = Replayer(q.api, q.layout, Author("ops@host", "1"), clock=HurriedClock())
            outcomes = [outcome async for outcome in replayer.run(kept)]
            assert {(one.result, one.detail) for one in outcomes} == {
                ("failed", f"not sent: {CROWDED}")
            }
            assert await q.tasks() == []
            assert await left_behind(q) == {NAMES.dlq: 3}
