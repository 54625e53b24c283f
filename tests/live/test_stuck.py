"""Which tasks are stuck, on real servers: all that can be known, and never one that is not."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue
from tests.support.stuck import (
    ALLOWED,
    LONG_DELAY,
    NAK,
    client,
    consumer_anew,
    mixture,
    nothing_pending,
    pending,
    published,
    stuck,
    with_consumer,
)
from tests.support.waiting import eventually
from worker.jetstream.info import consumer_state, stream_state
from worker.jetstream.messages import delete_message
from worker.jetstream.stuck.finder import StuckFinder
from worker.model.clock import SystemClock
from worker.model.stuck import StuckTasks, Tally

CONSUMER = (NAMES.stream, NAMES.consumer)
CONSUMER_RESET_LEVEL = 4
layouts = pytest.mark.parametrize("kind", ["fresh", "go"])


def finder(where: Queue) -> StuckFinder:
    return StuckFinder(where.api, NAMES)


async def since(where: Queue, look: StuckFinder) -> datetime | None:
    tasks = await stream_state(where.api, NAMES.stream, NAMES.tasks)
    found = await consumer_state(where.api, *CONSUMER)
    return await look.since(found, tasks, tasks.messages)


def sequences(found: StuckTasks) -> list[int]:
    return [task.sequence for task in found.certain]


@layouts
async def test_tasks_that_wait_or_run_are_not_stuck(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as where, client(where) as taker:
        assert await finder(where).find() == await finder(where).find(10)
        tasks = await published(where, 30)
        await taker.take(*tasks[:20])
        for sequence in tasks[:10]:
            await taker.say(sequence, LONG_DELAY)
        await eventually(lambda: pending(where, 20))
        found = await finder(where).find(100)
        assert (found.tally, found.certain, found.evidence) == (Tally(0, 0), (), "none_stuck")
        assert await finder(where).count() == Tally(0, 0)


async def test_what_the_server_told_of_is_known_beside_all_others(
    server_versions: NatsServer,
) -> None:
    async with queue(server_versions) as where, mixture(where) as mixed:
        look = finder(where)
        found = await look.find(10)
        assert found.tally == Tally(7, 7)
        assert found.evidence == "advisories"
        assert [(task.sequence, task.deliveries) for task in found.certain] == [
            (sequence, ALLOWED) for sequence in mixed.stuck
        ]
        assert found.candidates == ()
        assert found.unknown == 0
        # What is settled or moved meanwhile is forgotten, what comes is found.
        await delete_message(where.api, NAMES.stream, mixed.stuck[0])
        assert sequences(await look.find()) == mixed.stuck[1:]


async def test_since_when_tasks_are_stuck_is_known_where_the_server_told_of_it(
    server_versions: NatsServer,
) -> None:
    async with queue(server_versions) as where:
        look, clock = finder(where), SystemClock()
        begun = clock.now() - timedelta(milliseconds=500)
        (first,), (second,) = await stuck(where, 1), await stuck(where, 1)
        told = {task.sequence: task.since for task in (await look.find()).certain}
        times = [told[first], told[second]]
        assert None not in times
        assert begun <= min(t for t in times if t) <= max(t for t in times if t) <= clock.now()
        assert await since(where, look) == told[first]
        await delete_message(where.api, NAMES.stream, first)
        assert await since(where, look) == told[second]
        # A consumer made anew delivers it again: what was told of the one before is no news of it.
        await consumer_anew(where)
        assert await since(where, look) is None


async def test_since_when_is_not_known_where_nobody_kept_it(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        await stuck(where, 2)
        look = finder(where)
        assert await since(where, look) is None
        found = await look.find()
        assert [task.since for task in found.certain] == [None, None]
        assert found.last_delivery == (await consumer_state(where.api, *CONSUMER)).last_delivered_at


async def test_with_nothing_told_it_says_how_many_and_which_may_be(
    server_versions: NatsServer,
) -> None:
    async with queue(server_versions, "go") as where, mixture(where) as mixed:
        found = await finder(where).find(1000)
        assert found.tally == Tally(7, 7)
        assert set(sequences(found)) <= set(mixed.stuck)
        assert set(mixed.stuck) <= {*sequences(found), *found.candidates}
        assert len(found.certain) + len(found.candidates) == 7 + len(mixed.others)
        assert not found.more
        few = await finder(where).find(3)
        assert (len(few.candidates), few.more) == (3, True)
        # With nothing in flight and nothing in backoff there is no doubt left.
        await mixed.settle_others()
        await eventually(lambda: nothing_pending(where))
        found = await finder(where).find()
        assert (sequences(found), found.unknown) == (mixed.stuck, 0)


async def test_what_lies_below_the_ack_floor_is_known(server_versions: NatsServer) -> None:
    async with queue(server_versions, "go") as where, client(where) as taker:
        lost = await stuck(where, 4)
        (after,) = await published(where, 1)
        await taker.take(after)
        await taker.say(after, b"+ACK")
        await eventually(lambda: nothing_pending(where))
        await taker.take(*await published(where, 3))
        found = await finder(where).find(100)
        assert (found.tally, sequences(found), found.evidence) == (Tally(4, 4), lost, "ack_floor")
        assert found.candidates == ()


@layouts
async def test_lowering_max_deliver_strands_tasks_without_a_word(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as where, client(where) as taker:
        tasks = await published(where, 3)
        await taker.take(*tasks)
        await taker.again(*tasks, count=4)
        await with_consumer(where, max_deliver=2)
        for sequence in tasks:
            await taker.say(sequence, NAK)
        await eventually(taker.noticed)
        found = await finder(where).find()
        assert found.tally == Tally(3, 3)
        assert (sequences(found), found.allowed) == (tasks, 2)


async def test_a_new_consumer_delivers_what_the_old_one_gave_up(
    server_versions: NatsServer,
) -> None:
    async with queue(server_versions) as where, client(where) as taker:
        lost = await stuck(where, 5)
        look = finder(where)
        assert sequences(await look.find()) == lost
        await consumer_anew(where)
        await taker.take(*lost[:3])
        for eyes in (look, finder(where)):
            assert (await eyes.find()).certain == ()


async def test_after_a_reset_what_was_told_before_counts_no_more(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where, client(where) as taker:
        assert where.layout.server.api_level >= CONSUMER_RESET_LEVEL
        lost = await stuck(where, 5)
        await where.api.request(f"CONSUMER.RESET.{NAMES.stream}.{NAMES.consumer}", {"seq": 1})
        await taker.take(*lost)
        await taker.spend(lost[4])
        await eventually(lambda: pending(where, 4))
        found = await finder(where).find()
        assert set(sequences(found)) <= {lost[4]}
        assert found.evidence == "contradicted"


async def test_without_a_consumer_nothing_is_stuck(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        await stuck(where, 2)
        await where.api.request(f"CONSUMER.DELETE.{NAMES.stream}.{NAMES.consumer}")
        found = await finder(where).find(10)
        assert (found.certain, found.evidence) == ((), "no_consumer")


@layouts
async def test_under_load_nothing_that_is_alive_is_taken_for_stuck(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as where, queue(server_versions, None) as other:
        lost = await stuck(where, 10)
        busy = asyncio.create_task(_load(other))
        look = finder(where)
        known: set[int] = set()

        async def looked() -> bool:
            found = await look.find()
            assert found.tally.least <= len(lost) <= found.tally.most
            assert set(sequences(found)) <= set(lost)
            known.update(sequences(found))
            return busy.done()

        await eventually(looked, within=30)
        await busy
        if kind == "fresh":
            assert known == set(lost)


async def _load(where: Queue) -> None:
    """Publish, fail now and then, and settle a thousand tasks as fast as they come."""
    async with client(where) as taker:
        for _ in range(20):
            batch = await published(where, 50)
            await taker.take(*batch)
            for sequence in batch:
                await taker.say(sequence, NAK if sequence % 7 == 0 else b"+ACK")
            again = [sequence for sequence in batch if sequence % 7 == 0]
            await taker.take(*again)
            for sequence in again:
                await taker.say(sequence, b"+ACK")
