"""What a worker does with streams and consumers that are missing, and with those that are not."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nats.aio.msg import Msg

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import (
    all_done,
    failing,
    letter_of,
    publish,
)
from tests.support.workers import ROOT, Calls, log_lines, started, worker_process, working
from worker.handlers.errors import Permanent
from worker.jetstream.connect.connection import connect
from worker.jetstream.topology.layout import ensure
from worker.model.link import ConnectionOptions


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


async def test_a_prefix_of_another_stream_is_told_and_nothing_is_made(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    async with queue(nats_server, "go") as where:
        before = await where.api.request("STREAM.NAMES")
        with worker_process(nats_server, log, "--stream", "NEW") as process:
            assert await asyncio.to_thread(process.wait, 20) == 1
        assert await where.api.request("STREAM.NAMES") == before
    (said,) = log_lines(log, "worker.failed")
    assert "NEW cannot be created: PROVISIONING has the subject provisioning.tasks" in said["why"]


async def test_who_is_stopped_while_it_makes_the_queue_makes_all_of_it(
    nats_server: NatsServer,
) -> None:
    options = ConnectionOptions(servers=(nats_server.url,), name="test")
    async with connect(options, within=10) as connection:
        worker, work = started(nats_server, Calls())

        async def stop(_request: Msg) -> None:
            worker.shutdown.requested.set()

        await connection.client.subscribe("$JS.API.STREAM.CREATE.*", cb=stop)
        await connection.client.flush()
        await asyncio.wait_for(work, 20)
        assert await ensure(connection.api, NAMES) == ()
    assert worker.logged("worker.stopped")
    assert not worker.logged("worker.ready")


async def test_a_ledger_that_comes_later_is_kept_from_then_on(nats_server: NatsServer) -> None:
    """A worker beside Go's queue, whose topology is applied while it runs."""
    calls = Calls()
    async with (
        queue(nats_server, "go") as where,
        working(nats_server, calls, sweep_interval=0.1) as worker,
    ):
        await publish(where, task(1))
        await publish(where, task(1))
        await eventually(lambda: all_done(where))
        assert calls.ids == ["task-1", "task-1"]
        assert len(worker.logged("ledger.missing")) == 1
        apply = ("-m", "worker", "topology", "apply", "--yes", "--server", nats_server.url)
        applying = await asyncio.create_subprocess_exec(sys.executable, *apply, cwd=ROOT)
        assert await applying.wait() == 0
        await eventually(lambda: worker.logged("ledger.found"))
        await publish(where, task(2))
        await publish(where, task(2))
        await eventually(lambda: all_done(where))
    assert calls.ids.count("task-2") == 1
    assert len(worker.logged("task.duplicate")) == 1
