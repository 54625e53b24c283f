"""Replay on a cluster, with three copies of each stream, by two consoles while servers die."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence

import pytest

from tests.faults.test_worker_cluster import cluster as cluster
from tests.faults.test_worker_cluster import replicated
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, letter
from tests.support.waiting import eventually
from worker.jetstream.api import Api
from worker.jetstream.connect.connection import connect
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.errors import JetStreamError
from worker.jetstream.messages import next_message
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayed, Replayer
from worker.jetstream.topology.layout import Layout, discover
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions

LETTERS = 400


async def bury(api: Api, count: int) -> list[int]:
    """Bury letters, each for certain once: a repeat is known by its id."""

    async def one(number: int) -> int:
        while True:
            body = json.dumps(letter(number)).encode()
            try:
                return (await api.publish(NAMES.dlq, body, msg_id=f"letter-{number}")).sequence
            except JetStreamError:
                await asyncio.sleep(0.1)

    found: list[int] = []
    for start in range(0, count, 50):
        found += await asyncio.gather(*(one(number) for number in range(start, start + 50)))
    return sorted(found)


async def replay(
    api: Api, layout: Layout, sequences: Sequence[int], run: str
) -> list[Replayed] | None:
    async def by_twenty(most: int) -> int:
        return min(most, 20)

    replayer = Replayer(api, layout, Author(f"{run}@host", run), clock=SystemClock())
    try:
        return [x async for x in replayer.run(sequences, by_twenty, complete=True)]
    except JetStreamError:
        return None


async def sent_tasks(api: Api) -> Counter[str]:
    found: Counter[str] = Counter()
    sequence = 1
    while message := await next_message(api, NAMES.stream, NAMES.tasks, sequence):
        found[json.loads(message.body)["task_id"]] += 1
        sequence = message.sequence + 1
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_two_consoles_and_a_dying_leader(cluster: list[NatsServer]) -> None:
    everywhere = ConnectionOptions(servers=tuple(server.url for server in cluster), name="other")
    async with replicated(cluster) as api, connect(everywhere, within=20) as other:
        kept = await bury(api, LETTERS)
        layout = await discover(api, NAMES)
        assert layout.atomic_replay
        assert layout.work_queue.replicas == 3
        both = asyncio.gather(
            replay(api, layout, kept, "ana"), replay(other.api, layout, kept, "ben")
        )

        async def under_way() -> bool:
            return (await DeadLetters(api, layout).extent()).depth < LETTERS

        await eventually(under_way, 60)
        leader = next(x for x in cluster if x.name == layout.work_queue.leader)
        leader.kill()
        leader.start()
        first = await both

        async def all_replayed() -> bool:
            again = await replay(api, layout, kept, "again")
            return again is not None and {x.result for x in again} <= {"already", "replayed"}

        await eventually(all_replayed, 120)
        assert await sent_tasks(api) == {f"task-{n}": 1 for n in range(LETTERS)}
        assert (await DeadLetters(api, layout).extent()).depth == 0
        told = {x.result for outcomes in first if outcomes for x in outcomes}
        assert told <= {"replayed", "already", "failed", "unknown"}


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_batches_at_once_do_not_hinder_each_other(cluster: list[NatsServer]) -> None:
    async with replicated(cluster) as api:
        kept = await bury(api, LETTERS)
        layout = await discover(api, NAMES)
        outcomes = await replay(api, layout, kept, "ana")
        assert outcomes is not None
        assert Counter(x.result for x in outcomes) == {"replayed": LETTERS}
        assert await sent_tasks(api) == {f"task-{n}": 1 for n in range(LETTERS)}
