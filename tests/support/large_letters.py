"""Tasks that are too large for a dead letter, on servers that take little."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.conftest import StartNats
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue, task
from worker.jetstream.dead_letters.bodies import Bodies
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayed, Replayer
from worker.model.clock import SystemClock
from worker.model.dead_letter import DeadLetter
from worker.model.raw_object import RawObject

SMALL = 8 * 1024
"""Bytes that the small servers take."""


def large_task(number: int, size: int = SMALL, **changes: object) -> bytes:
    """A task of exactly so many bytes."""
    empty = json.dumps(task(number, payload={"filling": ""}, **changes)).encode()
    filled = b"y" * (size - len(empty))
    return empty.replace(b'"filling": ""', b'"filling": "%s"' % filled)


@asynccontextmanager
async def small_queue(
    start_nats: StartNats, kind: LayoutKind = "fresh"
) -> AsyncIterator[tuple[NatsServer, Queue]]:
    """A queue on a server that takes few bytes."""
    server = start_nats(config=f"max_payload: {SMALL}")
    async with queue(server, kind) as where:
        yield server, where


def stored_in(letter: DeadLetter) -> RawObject:
    assert letter.raw_object is not None
    return letter.raw_object


async def body_of(where: Queue, letter: DeadLetter) -> bytes:
    return await Bodies(where.api, NAMES).get(stored_in(letter))


async def replayed(where: Queue, sequence: int) -> Replayed:
    replayer = Replayer(where.api, where.layout, Author("ana", "run"), clock=SystemClock())
    (outcome,) = [outcome async for outcome in replayer.run([sequence])]
    return outcome
