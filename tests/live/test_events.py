from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from random import Random
from typing import Any

import pytest
import structlog
from structlog.testing import CapturingLogger

from tests.conftest import StartNats
from tests.support.clients import connected
from tests.support.nats_server import NatsServer
from tests.support.tokens import task_id_of
from tests.support.waiting import eventually
from worker.jetstream.connect.connection import Connection, connect
from worker.jetstream.fleet.events import BUFFER, GATHER, Events
from worker.model.breaker import BreakerStatus
from worker.model.clock import SystemClock
from worker.model.event import Event, TaskFacts, read_events
from worker.model.link import ConnectionOptions, Credentials
from worker.model.names import QueueNames
from worker.model.surroundings import Surroundings

NAMES = QueueNames()
STEPS = ["received", "started", "progress", "succeeded"]


def facts(task_id: str = "t", sequence: int = 7, count: int = 1) -> TaskFacts:
    return TaskFacts(task_id, "acme", "provision", count, sequence, "worker-9")


class Said:
    """What was logged."""

    def __init__(self) -> None:
        self.logger = CapturingLogger()

    @property
    def around(self) -> Surroundings:
        log = structlog.wrap_logger(
            self.logger, processors=[], wrapper_class=structlog.make_filtering_bound_logger(0)
        )
        return Surroundings(SystemClock(), Random(1), log)

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        return [(call.kwargs["event"], call.kwargs) for call in self.logger.calls]


@asynccontextmanager
async def publishing(
    url: str, said: Said | None = None, credentials: Credentials | None = None
) -> AsyncIterator[tuple[Events, Connection]]:
    options = ConnectionOptions(servers=(url,), credentials=credentials or Credentials())
    async with connect(options, within=10) as connection:
        events = Events(connection, NAMES, "worker-9", (said or Said()).around)
        running = asyncio.create_task(events.run())
        try:
            yield events, connection
        finally:
            events.stop()
            await running
            await connection.flush(2)


@asynccontextmanager
async def heard(server: NatsServer) -> AsyncIterator[asyncio.Queue[tuple[str, Event]]]:
    queue: asyncio.Queue[tuple[str, Event]] = asyncio.Queue()
    async with connected(server) as client:

        async def take(message: Any) -> None:
            for event in read_events(message.data):
                queue.put_nowait((message.subject, event))

        await client.subscribe(NAMES.events("*"), cb=take)
        await client.flush()
        yield queue


async def taken(queue: asyncio.Queue[tuple[str, Event]], count: int) -> list[tuple[str, Event]]:
    async with asyncio.timeout(15):
        return [await queue.get() for _ in range(count)]


async def test_each_step_of_a_task_is_told_on_its_subject_in_order(shared_nats: NatsServer) -> None:
    hostile = 'a.b *>\r\nPUB x 1\r\n"\ud800é\x00'
    async with publishing(shared_nats.url) as (events, _), heard(shared_nats) as queue:
        for task_id in ("t-1", hostile):
            steps, now = events.of(facts(task_id, count=3)), events.now()
            steps.received(now - 0.5, now)
            steps.started(now)
            steps.progress(0.25, "half\nway")
            steps.succeeded(1.5)
        told = await taken(queue, 8)
    first, second = told[:4], told[4:]
    assert {subject for subject, _ in first} == {"provisioning.events.t-1"}
    for messages, task_id in ((first, "t-1"), (second, hostile)):
        subject, event = messages[-1]
        assert task_id_of(subject.rpartition(".")[2]) == task_id
        assert [event.kind for _, event in messages] == STEPS
        assert (event.task_id, event.tenant_id, event.task_type) == (task_id, "acme", "provision")
        assert (event.attempt, event.stream_sequence, event.worker_id) == (3, 7, "worker-9")
        assert (messages[0][1].seconds, messages[2][1].progress, event.seconds) == (0.5, 0.25, 1.5)
    assert len({event.id for _, event in told}) == 8
    moments = [event.at for _, event in first]
    assert moments == sorted(moments)


async def test_what_did_not_go_well_is_told_too(shared_nats: NatsServer) -> None:
    async with publishing(shared_nats.url) as (events, _), heard(shared_nats) as queue:
        steps = events.of(facts("t-2"))
        steps.held("")
        steps.retrying(12.5, "connection refused")
        steps.dead_lettered("permanent", "quota exceeded")
        steps.duplicate_skipped("done before")
        events.breaker(BreakerStatus("provision", "open", 2.0, 3, "connection refused"))
        held, retrying, dead, skipped, breaker = [event for _, event in await taken(queue, 5)]
    assert held.kind == "held"
    assert (retrying.kind, retrying.delay, retrying.error) == (
        "retrying",
        12.5,
        "connection refused",
    )
    assert (dead.kind, dead.reason, dead.error) == ("dead_lettered", "permanent", "quota exceeded")
    assert (skipped.kind, skipped.message) == ("duplicate_skipped", "done before")
    assert (breaker.kind, breaker.state, breaker.delay, breaker.task_type, breaker.task_id) == (
        "breaker",
        "open",
        2.0,
        "provision",
        "",
    )


async def test_more_events_than_one_batch_all_arrive(shared_nats: NatsServer) -> None:
    many = 3000
    async with publishing(shared_nats.url) as (events, _), heard(shared_nats) as queue:
        for number in range(many):
            events.of(facts(f"t-{number}", number)).succeeded(0.1)
        told = await taken(queue, many)
        assert events.dropped == 0
    assert [event.stream_sequence for _, event in told] == list(range(many))


async def test_the_last_events_go_out_when_the_worker_stops(shared_nats: NatsServer) -> None:
    async with heard(shared_nats) as queue:
        async with publishing(shared_nats.url) as (events, _):
            events.of(facts("last")).succeeded(0.1)
        assert [event.task_id for _, event in await taken(queue, 1)] == ["last"]


async def test_while_the_server_is_away_events_wait_and_what_is_too_much_is_dropped(
    nats_server: NatsServer,
) -> None:
    said = Said()
    async with publishing(nats_server.url, said) as (events, connection):
        nats_server.kill()
        await eventually(lambda: not connection.is_connected)
        steps = events.of(facts("t"))
        steps.succeeded(0.1)
        error = "x" * 1000
        for told in count(1):
            steps.retrying(1.0, error)
            await asyncio.sleep(GATHER if told % 100 == 0 else 0)
            if events.dropped:
                break
        assert BUFFER / 2 < events._size <= BUFFER
        nats_server.start()
        async with heard(nats_server) as queue:
            # What a reconnecting client sends before we hear is not for us; the order is.
            await eventually(lambda: connection.is_connected and not events._lines, 20)
            steps.dead_lettered("permanent", "after")
            async with asyncio.timeout(10):
                while (await queue.get())[1].error != "after":
                    pass
    (what, details), *_ = [call for call in said.calls if call[0] == "events.dropped"]
    assert (what, details["why"]) == ("events.dropped", "there are too many")


async def test_steps_that_follow_each_other_at_once_share_a_message(
    shared_nats: NatsServer,
) -> None:
    bodies: list[bytes] = []
    async with publishing(shared_nats.url) as (events, _), connected(shared_nats) as client:

        async def take(message: Any) -> None:
            bodies.append(message.data)

        await client.subscribe(NAMES.events("*"), cb=take)
        await client.flush()
        slow, quick, now = events.of(facts("slow")), events.of(facts("quick")), events.now()
        slow.started(now)
        quick.started(now)
        quick.succeeded(0.1)
        await eventually(lambda: len(bodies) == 2)
        slow.succeeded(0.1)
        await eventually(lambda: len(bodies) == 3)
    told = [[(event.task_id, event.kind) for event in read_events(body)] for body in bodies]
    assert told == [
        [("slow", "started")],
        [("quick", "started"), ("quick", "succeeded")],
        [("slow", "succeeded")],
    ]


async def test_of_progress_told_faster_than_it_is_sent_the_latest_word_counts(
    shared_nats: NatsServer,
) -> None:
    async with publishing(shared_nats.url) as (events, _), heard(shared_nats) as queue:
        steps = events.of(facts())
        for done in range(1000):
            steps.progress(done / 1000, f"{done} of 1000")
        steps.succeeded(0.1)
        told = [event for _, event in await taken(queue, 2)]
        assert events.dropped == 0
    assert [event.kind for event in told] == ["progress", "succeeded"]
    assert told[0].message == "999 of 1000"


async def test_an_event_that_the_server_would_cut_the_connection_for_is_dropped(
    start_nats: StartNats,
) -> None:
    server = start_nats(config="max_payload: 1024")
    async with publishing(server.url) as (events, connection), heard(server) as queue:
        events.of(facts("t")).retrying(1.0, "ü" * 1000)
        events.of(facts("t")).succeeded(0.1)
        assert [event.kind for _, event in await taken(queue, 1)] == ["succeeded"]
        assert (events.dropped, connection.losses) == (1, 0)


async def test_a_server_that_refuses_events_is_asked_once(start_nats: StartNats) -> None:
    server = start_nats(
        config="""authorization { users: [
            { user: w, password: w, permissions: { publish: { deny: ["provisioning.events.>"] } } }
        ] }"""
    )
    said = Said()
    credentials = Credentials(user="w", password="w")
    async with publishing(server.url, said, credentials) as (events, connection):
        events.of(facts("t")).succeeded(0.1)
        await eventually(lambda: events._refused)
        for _ in range(100):
            events.of(facts("t")).succeeded(0.1)
        await eventually(lambda: events.dropped == 100)
        assert connection.is_connected
    assert said.calls[-1][1]["why"] == "the server refuses them"


async def test_a_cancelled_publisher_ends(shared_nats: NatsServer) -> None:
    async with connect(ConnectionOptions(servers=(shared_nats.url,)), within=10) as connection:
        events = Events(connection, NAMES, "w", Said().around)
        running = asyncio.create_task(events.run())
        for _ in range(1000):
            events.of(facts("t")).succeeded(0.1)
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


def test_a_prefix_that_is_no_subject_is_refused() -> None:
    with pytest.raises(ValueError, match="prefix"):
        Events(None, QueueNames(prefix="a b"), "w", Said().around)  # type: ignore[arg-type]
