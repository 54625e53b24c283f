"""What the console overhears of a fleet that publishes no events, on every server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from nats.aio.msg import Msg

from farutech_console.operations.live.backend import LiveBackend
from farutech_console.operations.live.feed import RING
from farutech_console.operations.model import TaskEvent
from tests.conftest import StartNats
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, Queue, letter, queue, task
from tests.support.waiting import eventually
from worker.model.link import ConnectionOptions
from worker.model.names import QueueNames


class Listening:
    """A backend that listens, and all events drained from it so far."""

    def __init__(self, backend: LiveBackend) -> None:
        self.backend = backend
        self.events: list[TaskEvent] = []

    async def hears(self, *kinds: str) -> list[TaskEvent]:
        """Wait until events of these kinds came, in this order; return them, and forget all."""

        def came() -> bool:
            self.events += self.backend.drain_events()
            return [event.kind for event in self.events] == list(kinds)

        await eventually(came)
        heard, self.events = self.events, []
        return heard


@asynccontextmanager
async def listening(server: NatsServer, names: QueueNames = NAMES) -> AsyncIterator[Listening]:
    async with LiveBackend(ConnectionOptions(servers=(server.url,)), names) as backend:
        await backend.connected(10)
        yield Listening(backend)


async def publish(q: Queue, number: int = 0) -> None:
    await q.api.publish(NAMES.tasks, json.dumps(task(number)).encode())


async def pull(q: Queue) -> Msg:
    """Take one task as any fleet does."""
    js = q.connection.client.jetstream()
    subscription = await js.pull_subscribe_bind(NAMES.consumer, NAMES.stream)
    try:
        (message,) = await subscription.fetch(1, timeout=5)
    finally:
        await subscription.unsubscribe()
    return message


async def settled(q: Queue, listener: Listening) -> None:
    """Wait until the listener's subscriptions are known to the server."""

    async def heard() -> bool:
        await publish(q, 99)
        await asyncio.sleep(0.05)
        return listener.backend.feed_counts().published > 0

    await eventually(heard)
    await q.api.request(f"STREAM.PURGE.{NAMES.stream}")
    # An event is held for a moment, so that its task can be named.
    await asyncio.sleep(0.5)
    listener.backend.drain_events()


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_a_task_is_followed_by_its_name(server_versions: NatsServer, kind: str) -> None:
    async with (
        queue(server_versions, "go" if kind == "go" else "fresh") as q,
        listening(server_versions) as listener,
    ):
        await settled(q, listener)
        before = listener.backend.feed_counts()
        await publish(q, 7)
        (published,) = await listener.hears("published")
        assert (published.task_id, published.tenant_id) == ("task-7", "acme-1")
        await (await pull(q)).nak(delay=0.2)
        (retrying,) = await listener.hears("retrying")
        assert (retrying.task_id, retrying.attempt, retrying.delay) == ("task-7", 1, 0.2)
        message = await pull(q)
        await message.in_progress()
        await listener.hears("in_progress")
        await message.ack()
        (succeeded,) = await listener.hears("succeeded")
        assert (succeeded.task_id, succeeded.attempt) == ("task-7", 2)
        assert succeeded.sequence == retrying.sequence
        counts = listener.backend.feed_counts()
        assert counts == replace(
            before,
            published=before.published + 1,
            retrying=before.retrying + 1,
            succeeded=before.succeeded + 1,
        )


async def test_a_death_and_its_letter_are_told(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q, listening(nats_server) as listener:
        await settled(q, listener)
        await publish(q, 3)
        message = await pull(q)
        await q.bury(letter(3))
        await q.connection.client.publish(message.reply, b"+TERM no such plan")
        _, dead, terminated = await listener.hears("published", "dead_lettered", "terminated")
        assert (dead.task_id, dead.detail) == ("task-3", "connection refused")
        assert (terminated.task_id, terminated.detail) == ("task-3", "no such plan")


async def test_spent_deliveries_are_told(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q, listening(nats_server) as listener:
        await settled(q, listener)
        info = await q.api.request(f"CONSUMER.INFO.{NAMES.stream}.{NAMES.consumer}")
        verb = f"CONSUMER.CREATE.{NAMES.stream}.{NAMES.consumer}.{NAMES.tasks}"
        once = {"stream_name": NAMES.stream, "config": info["config"] | {"max_deliver": 1}}
        await q.api.request(verb, once)
        await publish(q, 5)
        await (await pull(q)).nak()
        await publish(q, 6)
        await (await pull(q)).ack()
        # The server tells when a worker next pulls: after the second task was published.
        events = await listener.hears(
            "published", "retrying", "published", "exhausted", "succeeded"
        )
        assert (events[3].task_id, events[3].attempt) == ("task-5", 1)


async def test_looking_is_not_counted_as_traffic(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q, listening(nats_server) as listener:
        await settled(q, listener)
        before = listener.backend.feed_counts()
        await q.bury_many(3)
        await eventually(lambda: listener.backend.feed_counts().dead_lettered == 3)
        for _ in range(5):
            await listener.backend.status()
            await listener.backend.page(10)
            await listener.backend.plan_replay(None)
        assert listener.backend.feed_counts() == replace(before, dead_lettered=3)


async def test_goes_on_after_the_server_was_away(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q, listening(nats_server) as listener:
        await settled(q, listener)
        nats_server.restart(kill=True)
        await eventually(lambda: q.connection.is_connected, 20)
        await eventually(lambda: listener.backend.link().connected, 20)
        async with queue(nats_server, None) as again:
            await settled(again, listener)
            await publish(again, 11)
            (published,) = await listener.hears("published")
            assert published.task_id == "task-11"


async def test_a_burst_is_dropped_from_the_ring_and_counted(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q, listening(nats_server) as listener:
        await settled(q, listener)
        before = listener.backend.feed_counts().published
        body = json.dumps(task(1)).encode()
        for _ in range(RING + 1_000):
            await q.connection.client.publish(NAMES.tasks, body)
        await q.connection.client.flush()
        await eventually(lambda: listener.backend.feed_counts().published == before + RING + 1_000)
        assert listener.backend.feed_counts().dropped == 1_000
        await asyncio.sleep(0.5)
        assert len(listener.backend.drain_events()) == RING


async def test_a_domain_is_understood(start_nats: StartNats) -> None:
    server = start_nats("hub", jetstream="domain: hub")
    async with queue(server) as q, listening(server) as listener:
        await settled(q, listener)
        await publish(q, 2)
        await listener.hears("published")
        await (await pull(q)).ack()
        (succeeded,) = await listener.hears("succeeded")
        assert succeeded.task_id == "task-2"
