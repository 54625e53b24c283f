"""What a worker does with streams and consumers that are missing, and with those that are not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import (
    all_done,
    failing,
    letter_of,
    publish,
)
from tests.support.workers import Calls, working
from worker.handlers.errors import Permanent


async def test_a_deleted_consumer_is_created_again(nats_server: NatsServer) -> None:
    calls = Calls()
    async with queue(nats_server) as where, working(nats_server, calls) as worker:
        await where.api.request(f"CONSUMER.DELETE.{NAMES.stream}.{NAMES.consumer}")
        await publish(where, task(1))
        await eventually(lambda: all_done(where))
        assert len(worker.logged("pull.interrupted")) < 5
    assert calls.ids == ["task-1"]


async def test_a_deleted_stream_is_created_again(nats_server: NatsServer) -> None:
    calls = Calls()
    async with queue(nats_server) as where, working(nats_server, calls) as worker:
        await where.api.request(f"STREAM.DELETE.{NAMES.stream}")
        await eventually(lambda: len(worker.logged("topology.created")) > 0)
        await publish(where, task(1))
        await eventually(lambda: all_done(where))
    assert calls.ids == ["task-1"]


async def test_what_go_made_is_left_as_it_is(nats_server: NatsServer) -> None:
    def configuration(answer: Mapping[str, Any]) -> str:
        return json.dumps(answer["config"], sort_keys=True)

    stream, consumer = "STREAM.INFO.PROVISIONING", f"CONSUMER.INFO.PROVISIONING.{NAMES.consumer}"
    async with queue(nats_server, "go") as where:
        before = [configuration(await where.api.request(verb)) for verb in (stream, consumer)]
        async with working(nats_server, failing(Permanent("no"))):
            await publish(where, task(1))
            await letter_of(where)
        after = [configuration(await where.api.request(verb)) for verb in (stream, consumer)]
        streams = await where.api.request("STREAM.NAMES")
    assert before == after
    assert streams["streams"] == ["PROVISIONING"]
    assert json.loads(after[1])["max_ack_pending"] == 1000
