"""What `ensure` makes on a server, and what it leaves alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue
from worker.jetstream.api import Api
from worker.jetstream.connect.connection import connect
from worker.jetstream.info import find_stream
from worker.jetstream.topology.layout import NoQueueError, discover, ensure
from worker.model.link import ConnectionOptions
from worker.model.names import QueueNames

DAY = 24 * 3600 * 10**9


async def configs(api: Api, names: QueueNames = NAMES) -> tuple[dict[str, Any], dict[str, Any]]:
    stream = await api.request(f"STREAM.INFO.{names.stream}")
    consumer = await api.request(f"CONSUMER.INFO.{names.stream}.{names.consumer}")
    return stream["config"], consumer["config"]


async def test_a_fresh_server_gets_what_the_wire_contract_says(
    server_versions: NatsServer,
) -> None:
    async with queue(server_versions) as where:
        stream, consumer = await configs(where.api)
        dead = (await where.api.request(f"STREAM.INFO.{NAMES.dlq_stream}"))["config"]
    assert stream["description"] == "Farutech provisioning tasks stream"
    assert stream["subjects"][0] == "provisioning.tasks"
    assert "provisioning.dlq" not in stream["subjects"]
    assert (stream["retention"], stream["storage"], stream["discard"]) == (
        "workqueue",
        "file",
        "old",
    )
    assert (stream["max_age"], stream["num_replicas"]) == (3 * DAY, 1)
    assert (consumer["durable_name"], consumer["filter_subject"]) == (
        "provisioning-worker",
        "provisioning.tasks",
    )
    assert (consumer["ack_policy"], consumer["ack_wait"]) == ("explicit", 30 * 10**9)
    assert (consumer["max_deliver"], consumer["max_ack_pending"]) == (5, -1)
    assert (dead["subjects"], dead["retention"], dead["discard"]) == (
        ["provisioning.dlq"],
        "limits",
        "new",
    )
    assert dead.get("max_age", 0) == 0


async def test_what_is_kept_beside_it_stays_as_long_as_the_contract_says(
    nats_server: NatsServer,
) -> None:
    kept = {
        "KV_PROVISIONING_LEDGER": 7,
        "PROVISIONING_EVENTS": 1,
        "PROVISIONING_ADVISORIES": 7,
        "PROVISIONING_ARCHIVE": 7,
        "PROVISIONING_AUDIT": 90,
    }
    async with queue(nats_server) as where:
        made = {name: (await where.api.request(f"STREAM.INFO.{name}"))["config"] for name in kept}
    assert {name: config["max_age"] / DAY for name, config in made.items()} == kept
    assert made["PROVISIONING_EVENTS"]["max_bytes"] == 256 * 1024 * 1024


async def test_making_it_again_makes_nothing(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        before = await configs(where.api)
        assert await ensure(where.api, NAMES) == ()
        assert await configs(where.api) == before


async def test_ten_workers_may_make_it_at_once(nats_server: NatsServer) -> None:
    options = ConnectionOptions(servers=(nats_server.url,), name="test")
    async with connect(options, within=10) as connection:
        made = await asyncio.gather(*(ensure(connection.api, NAMES) for _ in range(10)))
        await discover(connection.api, NAMES)
        before = await configs(connection.api)
        assert await ensure(connection.api, NAMES) == ()
        assert await configs(connection.api) == before
    assert any(NAMES.stream in created for created in made)


async def test_a_queue_of_another_name_stands_beside(nats_server: NatsServer) -> None:
    other = QueueNames(stream="BILLING", prefix="billing")
    async with queue(nats_server) as where:
        await ensure(where.api, other)
        stream, consumer = await configs(where.api, other)
        layout = await discover(where.api, other)
    assert (stream["name"], stream["subjects"][0]) == ("BILLING", "billing.tasks")
    assert consumer["durable_name"] == "billing-worker"
    assert layout.dead_letters.name == "BILLING_DLQ"


async def test_the_old_layout_can_be_kept(nats_server: NatsServer) -> None:
    names = QueueNames(dlq_stream_name="PROVISIONING")
    options = ConnectionOptions(servers=(nats_server.url,), name="test")
    async with connect(options, within=10) as connection:
        await ensure(connection.api, names)
        layout = await discover(connection.api, names)
        assert await find_stream(connection.api, "PROVISIONING_DLQ") is None
    assert layout.dead_letters.name == "PROVISIONING"
    assert layout.dead_letters.max_age is not None


async def test_no_queue_is_told_in_words(nats_server: NatsServer) -> None:
    options = ConnectionOptions(servers=(nats_server.url,), name="test")
    async with connect(options, within=10) as connection:
        with pytest.raises(NoQueueError, match="start a worker"):
            await discover(connection.api, NAMES)
