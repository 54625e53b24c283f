"""One delivery, one settlement, in the words that the server understands."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, Queue, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import publish, tasks_left
from worker.jetstream.deliveries.settle import (
    MAX_INT64,
    AlreadySettledError,
    LostDeliveryError,
    Receipt,
    Settlements,
    nak_body,
)
from worker.jetstream.info import consumer_state
from worker.model.clock import SystemClock
from worker.model.delivery import Delivery, read_delivery

CLOCK = SystemClock()


async def pulled(where: Queue) -> Delivery:
    """The next delivery, taken with a pull of one."""
    stream = where.connection.client.jetstream()
    pull = await stream.pull_subscribe_bind(durable=NAMES.consumer, stream=NAMES.stream)
    (message,) = await pull.fetch(1, timeout=5)
    return read_delivery(message.reply, message.data, message.headers, CLOCK.monotonic())


@asynccontextmanager
async def held(server: NatsServer, ack_wait: float = 30.0) -> AsyncIterator[tuple[Queue, Receipt]]:
    async with queue(server) as where:
        await publish(where, task(1))
        settlements = Settlements(where.connection, CLOCK)
        yield where, Receipt(await pulled(where), ack_wait, settlements)


async def test_a_second_settlement_is_an_error(nats_server: NatsServer) -> None:
    async with held(nats_server) as (where, receipt):
        await receipt.ack()
        for again in (receipt.ack, receipt.nak, lambda: receipt.term("no")):
            with pytest.raises(AlreadySettledError):
                await again()
        await eventually(lambda: nothing_left(where))
        assert receipt.settled


async def nothing_left(where: Queue) -> bool:
    return await tasks_left(where) == 0


async def test_term_tells_the_server_why(nats_server: NatsServer) -> None:
    async with held(nats_server) as (where, receipt):
        told: list[bytes] = []

        async def listen(message: object) -> None:
            told.append(getattr(message, "data", b""))

        kind = "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED"
        await where.connection.client.subscribe(
            f"{kind}.{NAMES.stream}.{NAMES.consumer}", cb=listen
        )
        await where.connection.flush(5)
        await receipt.term("attempts\r\nexhausted")
        await eventually(lambda: told)
        assert json.loads(told[0])["reason"] == "attempts exhausted"
        await eventually(lambda: nothing_left(where))


async def test_a_nak_keeps_its_delay_though_the_heart_still_beats(
    nats_server: NatsServer,
) -> None:
    async with held(nats_server) as (where, receipt):
        assert receipt.in_progress()
        began = CLOCK.monotonic()
        await receipt.nak(0.4)
        assert not receipt.in_progress()
        again = await pulled(where)
        assert again.delivery_count == 2
        assert 0.35 < CLOCK.monotonic() - began < 5


@pytest.mark.parametrize("delay", [1e10, 1e300, math.inf, 0.3333333333333333])
async def test_no_delay_makes_it_come_back_at_once(nats_server: NatsServer, delay: float) -> None:
    async with held(nats_server) as (where, receipt):
        await receipt.nak(delay)
        await where.connection.flush(5)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(pulled(where), 0.2)
        state = await consumer_state(where.api, NAMES.stream, NAMES.consumer)
        assert state.ack_pending == 1


@pytest.mark.parametrize(
    ("delay", "body"),
    [
        (0, b"-NAK"),
        (-5.0, b"-NAK"),
        (1.5000000005, b'-NAK {"delay": 1500000000}'),
        (math.inf, b'-NAK {"delay": %d}' % MAX_INT64),
    ],
)
def test_the_delay_is_a_whole_number_that_fits(delay: float, body: bytes) -> None:
    assert nak_body(delay) == body


async def test_what_is_not_ours_any_more_is_not_settled(nats_server: NatsServer) -> None:
    async with held(nats_server, ack_wait=0.05) as (where, receipt):
        await eventually(lambda: receipt.remaining < 0)
        assert not receipt.in_progress()
        with pytest.raises(LostDeliveryError, match=r"ack wait of 0\.05 s is over"):
            await receipt.ack()
        await where.connection.flush(5)
        assert await tasks_left(where) == 1


async def test_a_signal_counts_only_where_the_connection_held(nats_server: NatsServer) -> None:
    async with held(nats_server, ack_wait=1.0) as (where, receipt):
        await asyncio.sleep(0.3)
        assert receipt.in_progress()
        assert receipt.remaining > 0.8
        nats_server.restart(kill=True)
        await eventually(lambda: where.connection.losses == 1)
        assert receipt.remaining < 0.65
