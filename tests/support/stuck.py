"""Tasks brought to where a test wants them: in flight, in backoff, or stuck."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from nats.aio.msg import Msg

from tests.support.queues import NAMES, Queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import publish
from worker.jetstream.info import consumer_state
from worker.model.delivery import read_delivery
from worker.model.state import ConsumerState

ALLOWED = 5
NAK = b"-NAK"
LONG_DELAY = b'-NAK {"delay": 60000000000}'


class Client:
    """A client of the consumer that settles nothing by itself."""

    def __init__(self, where: Queue, inbox: str) -> None:
        self._where = where
        self._inbox = inbox
        self.held: dict[int, Msg] = {}
        self.counts: dict[int, int] = {}

    async def receive(self, message: Msg) -> None:
        """Keep a delivery; a status has no reply subject and is passed over."""
        if message.reply:
            delivery = read_delivery(message.reply, message.data, message.headers, 0.0)
            self.held[delivery.stream_sequence] = message
            self.counts[delivery.stream_sequence] = delivery.delivery_count

    async def pull(self, batch: int, within: float = 20.0) -> None:
        """Ask for so many tasks; they come as the server has them."""
        body = json.dumps({"batch": batch, "expires": int(within * 10**9)}).encode()
        verb = f"CONSUMER.MSG.NEXT.{NAMES.stream}.{NAMES.consumer}"
        subject = self._where.api.subject(verb)
        await self._where.connection.client.publish(subject, body, reply=self._inbox)

    async def say(self, sequence: int, body: bytes) -> None:
        """Settle a delivery, or say anything else of it."""
        await self._where.connection.client.publish(self.held.pop(sequence).reply, body)

    async def take(self, *sequences: int) -> None:
        """Have these tasks in hand."""
        await self.pull(len(sequences))
        await eventually(lambda: self.held.keys() >= set(sequences))

    async def again(self, *sequences: int, count: int) -> None:
        """Give these tasks back until each was delivered so often; they are in hand, and stay."""
        for had in range(1, count):
            await eventually(partial(self._had, sequences, had))
            await self.pull(len(sequences))
            for sequence in sequences:
                await self.say(sequence, NAK)
        await eventually(lambda: self._had(sequences, count))

    async def spend(self, *sequences: int) -> None:
        """Give these tasks back until their deliveries are spent; they are in hand."""
        await self.again(*sequences, count=ALLOWED)
        for sequence in sequences:
            await self.say(sequence, NAK)
        await eventually(self.noticed)

    def _had(self, sequences: Sequence[int], count: int) -> bool:
        return all(self.counts.get(sequence) == count for sequence in sequences)

    async def noticed(self) -> bool:
        """Whether the server knows that all that was given back is spent, and no pull waits.

        Only a waiting pull makes it notice.
        """
        state = await consumer(self._where)
        if state.ack_pending > len(self.held) and not state.waiting:
            await self.pull(1, within=0.2)
        return state.ack_pending == len(self.held) and not state.waiting


@asynccontextmanager
async def client(where: Queue) -> AsyncIterator[Client]:
    """A client that takes tasks, and gives back none at the end."""
    inbox = where.connection.client.new_inbox()
    taker = Client(where, inbox)
    subscription = await where.connection.client.subscribe(inbox, cb=taker.receive)
    try:
        yield taker
    finally:
        await subscription.unsubscribe()


async def published(where: Queue, count: int, **changes: object) -> list[int]:
    """Publish so many tasks; return their sequences."""
    return [await publish(where, task(number, **changes)) for number in range(count)]


async def stuck(where: Queue, count: int, **changes: object) -> list[int]:
    """Have so many tasks stuck, with nothing else to be pulled; return their sequences."""
    sequences = await published(where, count, **changes)
    async with client(where) as taker:
        await taker.take(*sequences)
        await taker.spend(*sequences)
    return sequences


async def consumer(where: Queue) -> ConsumerState:
    return await consumer_state(where.api, NAMES.stream, NAMES.consumer)


async def nothing_pending(where: Queue) -> bool:
    return (await consumer(where)).ack_pending == 0


async def pending(where: Queue, count: int) -> bool:
    """Whether so many tasks are in flight or in backoff."""
    return (await consumer(where)).ack_pending == count


async def undelivered(where: Queue, count: int) -> bool:
    """Whether the consumer counts so many new tasks, which it does a moment after they are stored.

    nats-server 2.12.8: a publisher is answered before the consumer is told.
    """
    return (await consumer(where)).pending == count


async def with_consumer(where: Queue, **changes: object) -> None:
    """Change settings of the consumer, named as the server names them."""
    answer = await where.api.request(f"CONSUMER.INFO.{NAMES.stream}.{NAMES.consumer}")
    await _consumer(where, answer["config"] | changes, "update")


async def consumer_anew(where: Queue) -> None:
    """Delete the consumer and create the same again: it delivers everything anew."""
    verb = f"{NAMES.stream}.{NAMES.consumer}"
    config = (await where.api.request(f"CONSUMER.INFO.{verb}"))["config"]
    await where.api.request(f"CONSUMER.DELETE.{verb}")
    await _consumer(where, config, "create")


async def _consumer(where: Queue, config: Mapping[str, Any], action: str) -> None:
    body = {"stream_name": NAMES.stream, "config": config, "action": action}
    verb = f"CONSUMER.CREATE.{NAMES.stream}.{NAMES.consumer}.{NAMES.tasks}"
    await where.api.request(verb, body)


async def with_stream(where: Queue, stream: str, **changes: object) -> None:
    """Change settings of a stream, named as the server names them."""
    config = (await where.api.request(f"STREAM.INFO.{stream}"))["config"]
    await where.api.request(f"STREAM.UPDATE.{stream}", config | changes)


class Mixture:
    """Tasks of every kind in one queue: which of them are stuck is known."""

    def __init__(self, taker: Client, stuck: list[int], others: list[int], flying: int) -> None:
        self.taker = taker
        self.stuck = stuck
        self.others = others
        self.flying = flying

    async def settle_others(self) -> None:
        """End all that is in flight or in backoff."""
        for sequence in self.others:
            await self.taker.say(sequence, b"+ACK")


@asynccontextmanager
async def mixture(
    where: Queue, spent: int = 7, delayed: int = 100, in_flight: int = 5, new: int = 10
) -> AsyncIterator[Mixture]:
    """Stuck tasks between some in backoff, in flight and not delivered yet."""
    sequences = await published(where, spent + delayed + in_flight)
    step = len(sequences) // spent
    stuck_ones = sequences[step // 2 :: step][:spent]
    others = [sequence for sequence in sequences if sequence not in stuck_ones]
    async with client(where) as taker:
        await taker.take(*sequences)
        flying = dict(taker.held)
        await taker.spend(*stuck_ones)
        for sequence in others[:delayed]:
            await taker.say(sequence, LONG_DELAY)
        await eventually(lambda: pending(where, len(others)))
        taker.held.update({sequence: flying[sequence] for sequence in others})
        await published(where, new)
        await eventually(lambda: undelivered(where, new))
        yield Mixture(taker, stuck_ones, others, in_flight)
