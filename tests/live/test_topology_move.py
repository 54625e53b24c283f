"""Dead letters move out of Go's work queue while the system runs: none lost, none doubled."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError

from tests.conftest import StartNats
from tests.support.clients import connected
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, Queue, letter, queue, task
from tests.support.server_versions import Unavailable, find_binary, installed_version
from tests.support.topology import applied, bodies_in, plan, the_move
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, publish, with_ack_wait
from tests.support.workers import Calls, working
from worker.handlers.context import TaskContext
from worker.handlers.errors import Permanent
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.info import consumer_state
from worker.jetstream.migration.parts import Waits
from worker.jetstream.topology.layout import discover, ensure
from worker.model.clock import format_rfc3339
from worker.model.task import Task

NEXT = f"$JS.API.CONSUMER.MSG.NEXT.{NAMES.stream}.{NAMES.consumer}"
PUBLISHERS = 4
PACE_S = 0.01
ACK_WAIT = 1.0


@pytest.fixture
def server_2_10(start_nats: StartNats) -> NatsServer:
    """A server that cannot pause a consumer."""
    binary = find_binary("2.10.26")
    if isinstance(binary, Unavailable):
        pytest.skip(binary.reason)
    return start_nats(binary=binary)


@pytest.fixture(params=["2.12.8", installed_version()])
def pausing_server(request: pytest.FixtureRequest, start_nats: StartNats) -> NatsServer:
    """A server that can pause a consumer."""
    binary = find_binary(request.param)
    if isinstance(binary, Unavailable):
        pytest.skip(binary.reason)
    return start_nats(binary=binary)


async def paused(where: Queue) -> bool:
    return (await consumer_state(where.api, NAMES.stream, NAMES.consumer)).paused


@contextlib.asynccontextmanager
async def taken(server: NatsServer, count: int = 1) -> AsyncIterator[tuple[Client, list[Any]]]:
    """A client with so many tasks in hand, as a worker that runs them has."""
    async with connected(server) as client:
        inbox = await client.subscribe(client.new_inbox())
        pull = {"batch": count, "expires": 10**10}
        await client.publish(NEXT, json.dumps(pull).encode(), reply=inbox.subject)
        yield client, [await inbox.next_msg(5) for _ in range(count)]


class OneShots:
    """Publishers of dead letters that try once and never again, as the Go worker does."""

    def __init__(self) -> None:
        self.stored: list[bytes] = []
        self.failed: list[str] = []

    @contextlib.asynccontextmanager
    async def publishing(self, server: NatsServer) -> AsyncIterator[None]:
        async with connected(server) as client:
            work = [asyncio.create_task(self._publish(client, n)) for n in range(PUBLISHERS)]
            try:
                yield
            finally:
                for one in work:
                    one.cancel()
                await asyncio.gather(*work, return_exceptions=True)

    async def _publish(self, client: Client, publisher: int) -> None:
        number = 0
        while True:
            number += 1
            body = json.dumps(letter(number, worker_id=f"go-{publisher}")).encode()
            # Not to be cut short: what was sent and not waited for may be stored or not.
            await asyncio.shield(self._publish_once(client, body))
            await asyncio.sleep(PACE_S)

    async def _publish_once(self, client: Client, body: bytes) -> None:
        try:
            answer = json.loads((await client.request(NAMES.dlq, body, timeout=5)).data)
        except NatsError as error:
            self.failed.append(type(error).__name__)
        else:
            self.stored += [body] if "seq" in answer else []
            self.failed += [str(answer["error"])] if "error" in answer else []


async def test_letters_published_while_the_subject_moves_are_stored_once(
    server_versions: NatsServer,
) -> None:
    async with queue(server_versions, "go") as where:
        publishers = OneShots()
        async with publishers.publishing(server_versions):
            await eventually(lambda: len(publishers.stored) > 50)
            (outcome,) = await applied(where, await the_move(where.api))
            moved_at = len(publishers.stored)
            await eventually(lambda: len(publishers.stored) > moved_at + 50)
        assert outcome.outcome == "applied", outcome.detail
        assert publishers.failed == []
        assert Counter(await bodies_in(where, NAMES.dlq_stream)) == Counter(publishers.stored)
        assert await bodies_in(where, NAMES.stream) == []


async def test_a_running_worker_loses_nothing(pausing_server: NatsServer) -> None:
    def run(task: Task, context: TaskContext) -> None:
        if task.module_id == "fails":
            raise Permanent("no")
        if context.attempt == 1 and task.module_id == "slow":
            raise ConnectionError("once more")

    kinds = ("fails", "slow", "fine")
    count = 600
    calls = Calls(run)
    async with queue(pausing_server, "go") as where:
        kept = await where.bury_many(100)
        await with_ack_wait(where, ACK_WAIT)
        async with working(pausing_server, calls, backoff_scale=0.01):

            async def publish_all() -> None:
                for number in range(count):
                    await publish(where, task(number, module_id=kinds[number % 3]))

            publishing = asyncio.create_task(publish_all())
            await eventually(lambda: len(calls.seen) > 50)
            (outcome,) = await applied(where, await the_move(where.api))
            during = len(calls.seen)
            await publishing
            await eventually(lambda: all_done(where), within=30)
        assert outcome.outcome == "applied", outcome.detail
        assert during < len(calls.seen)
        letters = [json.loads(body) for body in await bodies_in(where, NAMES.dlq_stream)]
    ids = Counter(x["task"]["task_id"] for x in letters if "source" in x)
    assert ids == {f"task-{n}": 1 for n in range(0, count, 3)}
    assert len(letters) == len(ids) + len(kept)
    assert set(calls.ids) == {f"task-{n}" for n in range(count)}


async def test_readers_find_every_letter_at_every_step(server_versions: NatsServer) -> None:
    homes: list[str] = []
    async with queue(server_versions, "go") as where:
        await where.bury_many(30)

        async def step(_name: str) -> None:
            layout = await discover(where.api, NAMES)
            homes.append(layout.dead_letters.name)
            letters = DeadLetters(where.api, layout)
            assert (await letters.extent()).depth == 30
            assert len(await letters.newest(100)) == 30

        (outcome,) = await applied(where, await the_move(where.api), step)
        assert outcome.outcome == "applied", outcome.detail
    first = homes.index(NAMES.dlq_stream)
    assert set(homes[:first]) == {NAMES.stream}
    assert set(homes[first:]) == {NAMES.dlq_stream}


async def test_tasks_in_backoff_are_told_from_those_that_run(server_versions: NatsServer) -> None:
    """A pause keeps tasks in backoff ack pending for ever: after an ack wait they do not count."""
    async with queue(server_versions, "go") as where:
        await with_ack_wait(where, ACK_WAIT)
        await publish(where, task(1))
        await where.bury_many(3)
        async with taken(server_versions) as (client, (delivery,)):
            await client.publish(delivery.reply, b'-NAK {"delay": 600000000000}')
            await client.flush()
            (outcome,) = await applied(where, await the_move(where.api))
        assert outcome.outcome == "applied", outcome.detail
        assert len(await bodies_in(where, NAMES.dlq_stream)) == 3
        consumer = await consumer_state(where.api, NAMES.stream, NAMES.consumer)
        assert (consumer.ack_pending, consumer.paused) == (1, False)


async def test_a_task_that_runs_is_waited_for(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        await publish(where, task(1))
        async with taken(nats_server) as (client, (delivery,)):
            moving = asyncio.create_task(applied(where, await the_move(where.api)))
            await eventually(lambda: paused(where))
            await client.publish(NAMES.dlq, b"its letter")
            await client.publish(delivery.reply, b"+TERM")
            (outcome,) = await moving
        assert outcome.outcome == "applied", outcome.detail
        assert await bodies_in(where, NAMES.dlq_stream) == [b"its letter"]


async def test_a_task_that_does_not_end_keeps_everything_as_it_was(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server, "go") as where:
        await publish(where, task(1))
        await where.bury_many(3)
        before = await plan(where.api)
        async with taken(nats_server):
            (outcome,) = await applied(where, await the_move(where.api), waits=Waits(drain=0.5))
        assert outcome.outcome == "refused"
        assert "still in flight" in outcome.detail
        assert not await paused(where)
        assert [d.what for d in await plan(where.api)] == [d.what for d in before]
        assert (await discover(where.api, NAMES)).dead_letters.name == NAMES.stream
        assert len(await bodies_in(where, NAMES.stream)) == 3


async def test_the_pause_of_an_operator_stays(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
        verb = f"CONSUMER.PAUSE.{NAMES.stream}.{NAMES.consumer}"
        await where.api.request(verb, {"pause_until": format_rfc3339(until)})
        (outcome,) = await applied(where, await the_move(where.api))
        assert outcome.outcome == "applied", outcome.detail
        answer = await where.api.request(f"CONSUMER.INFO.{NAMES.stream}.{NAMES.consumer}")
        assert answer["paused"]
        assert datetime.fromisoformat(answer["config"]["pause_until"]) == until


@pytest.mark.parametrize("name", ["taken away", "settled"])
async def test_a_worker_that_starts_in_between_only_delays_it(
    nats_server: NatsServer, name: str
) -> None:
    """It finds the subject without a stream and gives it back: the switch is made again."""
    times = 0
    async with queue(nats_server, "go") as where:
        await where.bury_many(3)

        async def step(now: str) -> None:
            nonlocal times
            if now == name and times < 2:
                times += 1
                await ensure(where.api, NAMES)

        (outcome,) = await applied(where, await the_move(where.api), step)
        assert (outcome.outcome, times) == ("applied", 2), outcome.detail
        assert len(await bodies_in(where, NAMES.dlq_stream)) == 3


@pytest.mark.older_server
async def test_2_10_asks_for_stopped_workers(server_2_10: NatsServer) -> None:
    calls = Calls()
    async with queue(server_2_10, "go") as where:
        await where.bury_many(3)
        chosen = await the_move(where.api)
        async with working(server_2_10, calls):
            (letters,) = [d for d in await plan(where.api) if "dead letters" in d.what]
            assert letters.verdict == "refused"
            (outcome,) = await applied(where, chosen)
        assert outcome.outcome == "refused"
        assert "stop them" in outcome.detail
        assert len(await bodies_in(where, NAMES.stream)) == 3
        (outcome,) = await applied(where, await the_move(where.api))
        assert outcome.outcome == "applied", outcome.detail
