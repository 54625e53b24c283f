"""`farutech-console status` and `workers`: what they tell of a real queue, and in which words."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import Any

import pytest

from farutech_console.operations.watch.status_records import STATUS_KEYS, WORKER_KEYS
from tests.live.test_fleet import worker_at
from tests.support.commands import flat, invoked, start
from tests.support.nats_server import NatsServer
from tests.support.queues import LayoutKind, queue
from tests.support.stuck import client, published, stuck
from worker.model.fleet import BreakerReport

PARTS = ("server", "queue", "consumer", "dead_letters", "rates", "workers")
HOSTILE = "[/red]\x1b[31m\u202e"


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_status_tells_every_figure(nats_server: NatsServer, kind: LayoutKind) -> None:
    async with queue(nats_server, kind) as q, worker_at(nats_server, "w", in_flight=1, held=1):
        await stuck(q, 1)
        await q.bury_many(2)
        sequences = await published(q, 7)
        async with client(q) as taker:
            await taker.take(*sequences[:3])
            said = await invoked("status", "--json", "--sample", "0.1", server=nats_server)
            words = await invoked("status", "--sample", "0", server=nats_server)
    assert (said.code, said.err) == (0, "")
    (record,) = said.lines
    assert flat(record, PARTS) == list(STATUS_KEYS)
    assert record["verdict"] == "bad"
    assert [problem["grade"] for problem in record["problems"]] == ["bad", "warn"]
    assert (record["queue"]["tasks"], record["stuck"]) == (8, 1)
    consumer = record["consumer"]
    assert (consumer["pending"], consumer["ack_pending"]) == (4, 3)
    assert (consumer["in_flight"], consumer["delayed"]) == (2, 1)
    assert record["dead_letters"]["depth"] == 2
    assert (record["dead_letters"]["max_age"] is None) == (kind == "fresh")
    assert record["rates"]["seconds"] >= 0.1
    assert (record["rates"]["in"], record["rates"]["out"]) == (0, 0)
    assert (record["workers"]["answered"], record["workers"]["clients"]) == (1, 0)
    assert "PROBLEM  1 task stuck" in words.out
    assert ("8 tasks of 10 messages" in words.out) == (kind == "go")
    assert "1 answers (" in words.out
    assert "WARNING  2 dead letters" in words.out
    assert "3 of no limit: 2 in flight, about 1 in backoff" in words.out or kind == "go"
    assert "not measured" in words.out


async def test_status_measures_the_pace_until_it_is_stopped(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await published(q, 10)
        words = ("status", "--json", "--watch", "--every", "0.1", "--sample", "0.1")
        process = await start(*words, server=nats_server)
        assert process.stdout is not None
        records: list[dict[str, Any]] = []
        async with asyncio.timeout(60):
            while not any((record["rates"]["in"] or 0) > 0 for record in records):
                records.append(json.loads(await process.stdout.readline()))
                await published(q, 1)
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert records[-1]["rates"]["pending"] > 0
    assert records[-1]["drain_seconds"] is None


async def test_status_of_nothing_wrong_and_of_no_queue(nats_server: NatsServer) -> None:
    missing = await invoked("status", "--json", "--sample", "0", server=nats_server)
    assert (missing.code, missing.out) == (1, "")
    assert "no stream PROVISIONING" in missing.err
    async with queue(nats_server):
        well = await invoked("status", "--sample", "0", server=nats_server)
    assert (well.code, well.err) == (0, "")
    assert "OK       nothing is wrong" in well.out
    nats_server.stop()
    gone = await invoked("status", server=nats_server)
    assert (gone.code, gone.out) == (3, "")


async def test_workers_are_listed_as_they_report(nats_server: NatsServer) -> None:
    breaker = BreakerReport(task_type=HOSTILE, state="open", held=3, error=HOSTILE)
    async with queue(nats_server), worker_at(nats_server, HOSTILE, breakers=(breaker,)):
        words = await invoked("workers", "--listen", "0", server=nats_server)
        said = await invoked("workers", "--json", server=nats_server)
    (record,) = said.lines
    assert list(record) == list(WORKER_KEYS)
    assert (record["worker"], record["kind"], record["condition"]) == (
        HOSTILE,
        "farutech",
        "running",
    )
    assert record["totals"]["retrying"] == 2
    assert record["breakers"][0]["held"] == 3
    assert "[/red]\\x1b[31m\\u202e" in words.out
    assert "3 held" in words.err
    assert not {"\x1b", "\u202e"}.intersection(words.out + words.err)
