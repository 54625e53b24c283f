"""`farutech-console events`: kept and live, from workers that tell and of those that do not."""

from __future__ import annotations

import asyncio
import json
import signal

from farutech_console.operations.steps import STEP_KEYS
from tests.support.commands import invoked, start
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue, task
from tests.support.stuck import client, published
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, failing, publish
from tests.support.workers import Calls, working
from worker.handlers.errors import Permanent
from worker.jetstream.fleet.event_reader import EventLog


async def test_kept_events_are_told_and_live_ones_follow(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q, working(nats_server, Calls()):
        await publish(q, task(1, task_id="first"))

        async def is_kept() -> bool:
            events = await EventLog(q.api, NAMES).newest(100)
            return any(event.kind == "succeeded" for event in events)

        await eventually(is_kept)
        kept = await invoked("events", "--json", "task:first", "--last", "0", server=nats_server)
        words = await invoked("events", "tenant:nobody", "--since", "1h", server=nats_server)
        process = await start("events", "--json", "-f", "event:succeeded", server=nats_server)
        assert process.stdout is not None
        async with asyncio.timeout(60):
            told = [json.loads(await process.stdout.readline())]
            while told[-1]["task_id"] == "first":
                await publish(q, task(2, task_id="second"))
                told.append(json.loads(await process.stdout.readline()))
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert (kept.code, kept.err) == (0, "")
    assert [list(line) for line in kept.lines] == [list(STEP_KEYS)] * len(kept.lines)
    kinds = [line["event"] for line in kept.lines]
    assert kinds[-1] == "succeeded"
    assert {line["task_id"] for line in kept.lines} == {"first"}
    assert (words.code, words.out) == (0, "")
    assert [line["task_id"] for line in told] == ["first", "second"]
    assert process.returncode == 130
    assert b"Traceback" not in err


async def test_a_fleet_that_tells_nothing_is_overheard(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q:
        process = await start("events", "--json", server=nats_server)
        assert process.stderr is not None
        assert process.stdout is not None
        assert b"No events are kept here" in await process.stderr.readline()
        told: list[dict[str, object]] = []

        async def read() -> None:
            assert process.stdout is not None
            while line := await process.stdout.readline():
                told.append(json.loads(line))

        reading = asyncio.create_task(read())
        async with client(q) as taker:

            async def settled() -> bool:
                (sequence,) = await published(q, 1)
                await taker.take(sequence)
                await taker.say(sequence, b"+ACK")
                return {"published", "succeeded"} <= {str(line["event"]) for line in told}

            await eventually(settled, within=60)
        process.send_signal(signal.SIGINT)
        await process.wait()
        await reading
    assert {line["source"] for line in told} == {"overheard"}
    assert process.returncode == 130


async def test_a_wrong_filter_is_wrong_usage() -> None:
    said = await invoked("events", "tenat:acme")
    assert (said.code, said.out) == (2, "")
    assert "tenant" in said.err


async def test_events_tell_of_a_dead_letter_why(nats_server: NatsServer) -> None:
    async with (
        queue(nats_server) as q,
        working(nats_server, failing(Permanent("no such plan"))),
    ):
        await publish(q, task(1, task_id="[/red]\x1b[31m"))
        await eventually(lambda: all_done(q))

        async def is_kept() -> bool:
            events = await EventLog(q.api, NAMES).newest(100)
            return any(event.kind == "dead_lettered" for event in events)

        await eventually(is_kept)
        said = await invoked("events", "event:dead_lettered", server=nats_server)
    assert "no such plan" in said.out
    assert "[/red]\\x1b[31m" in said.out
    assert "\x1b" not in said.out
