"""Tasks that wait for their next attempt are out of the way of those that could run."""

from __future__ import annotations

import json

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, Queue, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import tasks_left
from tests.support.workers import Calls, working
from worker.jetstream.info import consumer_state

DELAYED, HEALTHY = 20_000, 200


@pytest.mark.slow
async def test_twenty_thousand_tasks_in_backoff_hold_up_no_healthy_one(
    nats_server: NatsServer,
) -> None:
    calls = Calls()
    async with queue(nats_server) as where:
        await published(where, DELAYED)
        await put_off(where, DELAYED)
        async with working(nats_server, calls):
            await published(where, HEALTHY, first=DELAYED)
            await eventually(lambda: only_delayed_left(where), 60)
        state = await consumer_state(where.api, NAMES.stream, NAMES.consumer)
    assert (state.ack_pending, state.max_ack_pending) == (DELAYED, -1)
    assert calls.ids == [f"task-{number}" for number in range(DELAYED, DELAYED + HEALTHY)]


async def published(where: Queue, count: int, first: int = 0) -> None:
    for number in range(first, first + count):
        await where.connection.client.publish(NAMES.tasks, json.dumps(task(number)).encode())
    assert await where.connection.flush(30)


async def put_off(where: Queue, count: int) -> None:
    """Give so many tasks back as a worker does that failed them, for an hour."""
    context = where.connection.client.jetstream()
    subscription = await context.pull_subscribe_bind(NAMES.consumer, NAMES.stream)
    while count:
        for message in await subscription.fetch(min(count, 1000), timeout=30):
            await message.nak(delay=3600)
            count -= 1
    await subscription.unsubscribe()
    assert await where.connection.flush(30)


async def only_delayed_left(where: Queue) -> bool:
    return await tasks_left(where) == DELAYED
