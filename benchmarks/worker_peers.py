"""What the worker is measured against: `python -m benchmarks.worker_peers PEER URL`.

All run until they are killed, on uvloop, on the same consumer as the worker.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from importlib import import_module
from typing import Any

import nats
import uvloop
from nats.errors import TimeoutError as NatsTimeoutError
from pydantic import BaseModel

from benchmarks.latencies import note

STREAM, CONSUMER, SUBJECT = "PROVISIONING", "provisioning-worker", "provisioning.tasks"
BATCH = 100


class Model(BaseModel):
    """The task as a user of FastStream would declare it."""

    task_id: str
    tenant_id: str
    task_type: str
    module_id: str
    payload: dict[str, Any] | None
    attempt: int
    max_retries: int
    created_at: str


async def bare(url: str) -> None:
    """The loop that nats-py's documentation shows: fetch a batch, acknowledge each message."""
    client = await nats.connect(url)
    subscription = await client.jetstream().pull_subscribe_bind(CONSUMER, STREAM)
    while True:
        try:
            for message in await subscription.fetch(BATCH, timeout=5):
                await message.ack()
        except NatsTimeoutError:
            continue


async def faststream(url: str) -> None:
    """FastStream's pull subscriber, in batches of the same size, one call for each message."""
    # Not a dependency of the tests, nor of the type check.
    library, nats_part = import_module("faststream"), import_module("faststream.nats")
    broker = nats_part.NatsBroker(url, logger=None)

    @broker.subscriber(  # type: ignore[untyped-decorator] # faststream's
        SUBJECT,
        durable=CONSUMER,
        stream=nats_part.JStream(STREAM, declare=False),
        pull_sub=nats_part.PullSub(batch_size=BATCH, timeout=5),
    )
    async def nothing(_task: Model) -> None:
        """Do nothing."""

    await library.FastStream(broker, logger=None).run()


async def timed(url: str) -> None:
    """Fetch one message after the other, and note how long each took to come."""
    client = await nats.connect(url)
    subscription = await client.jetstream().pull_subscribe_bind(CONSUMER, STREAM)
    while True:
        try:
            for message in await subscription.fetch(1, timeout=5):
                note(json.loads(message.data))
                await message.ack()
        except NatsTimeoutError:
            continue


PEERS = {"bare": bare, "faststream": faststream, "timed": timed}


def main() -> None:
    """Run the peer that the command line names."""
    name, url = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(PEERS[name](url))


if __name__ == "__main__":
    main()
