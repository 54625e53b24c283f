"""What the worker counts and shows of itself."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from random import Random
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import CapturingLogger

from worker.model.breaker import BreakerStatus
from worker.model.clock import SystemClock
from worker.model.event import TaskFacts
from worker.model.link import LinkChange
from worker.model.surroundings import Surroundings
from worker.telemetry.health import (
    Address,
    HealthError,
    HealthServer,
    Sources,
    parse_address,
)
from worker.telemetry.in_flight import InFlight, Running
from worker.telemetry.loop_watch import LoopWatch
from worker.telemetry.metrics import Identity, Metrics, Readings
from worker.telemetry.readiness import Readiness
from worker.telemetry.tally import DURATIONS, OTHER_TYPES, Histogram, Pace, Tally

LOCAL = Address("127.0.0.1", 0)
FACTS = TaskFacts("t-1", "acme", "provision", 2, 77, "worker-9")


def around(logger: CapturingLogger | None = None) -> Surroundings:
    log = structlog.wrap_logger(
        logger or CapturingLogger(),
        processors=[],
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )
    return Surroundings(SystemClock(), Random(1), log)


class Parts:
    """The telemetry of a worker."""

    def __init__(self, *task_types: str, spare: int = 2) -> None:
        self.tally = Tally(task_types, spare)
        self.registry = CollectorRegistry()
        self.in_flight = InFlight()
        self.readiness = Readiness()
        self.logger = CapturingLogger()
        self.watch = LoopWatch(self.in_flight, around(self.logger), beat=0.05, blocked=0.5)
        readings = Readings(
            in_flight=lambda: 3,
            held=lambda: 4,
            connected=lambda: True,
            reconnects=lambda: 5,
            events_dropped=lambda: 6,
            loop_blocked=lambda: 1.5,
        )
        identity = Identity('w "1"\n', "0.1.0", "PROVISIONING", "provisioning-worker")
        Metrics(self.registry, self.tally, readings, identity)

    @property
    def sources(self) -> Sources:
        return Sources(self.registry, self.readiness, self.watch)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = HealthServer(LOCAL, self.sources)
        server.start()
        self.watch.start()
        try:
            yield server.url
        finally:
            self.watch.stop()
            await server.stop()


def fetched(url: str, method: str = "GET") -> tuple[int, Any, str]:
    request = urllib.request.Request(url, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, answer.read(), answer.headers["Content-Type"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers["Content-Type"]


async def asked(url: str) -> tuple[int, dict[str, Any]]:
    status, body, _ = await asyncio.to_thread(fetched, url)
    return status, json.loads(body)


def hold_the_loop(seconds: float) -> None:
    """What a handler does that must not: wait without awaiting."""
    threading.Event().wait(seconds)


def test_tasks_are_counted_by_type_and_outcome() -> None:
    parts = Parts("provision", "update")
    for _ in range(3):
        parts.tally.ended("provision", "succeeded", 0.3)
    parts.tally.ended("update", "retrying", 20.0)
    parts.tally.ended("update", "duplicate_skipped")
    parts.tally.backed_off(12.0)
    parts.tally.buried("permanent")
    name = "farutech_tasks_total"
    assert parts.value(name, type="provision", outcome="succeeded") == 3
    assert parts.value(name, type="update", outcome="retrying") == 1
    assert parts.value(name, type="update", outcome="succeeded") == 0
    seconds = "farutech_task_duration_seconds"
    assert parts.value(f"{seconds}_count", type="provision") == 3
    assert parts.value(f"{seconds}_sum", type="provision") == pytest.approx(0.9)
    assert parts.value(f"{seconds}_bucket", type="provision", le="0.25") == 0
    assert parts.value(f"{seconds}_bucket", type="provision", le="0.5") == 3
    assert parts.value(f"{seconds}_count", type="update") == 1
    assert parts.value("farutech_backoff_seconds_bucket", le="20.0") == 1
    assert parts.value("farutech_backoff_seconds_bucket", le="10.0") == 0
    assert parts.value("farutech_dead_letters_total", reason="permanent") == 1
    assert parts.value("farutech_dead_letters_total", reason="stuck") == 0
    assert parts.tally.totals()["succeeded"] == 3
    assert parts.tally.settled == 5


def test_what_is_read_at_the_scrape_is_there() -> None:
    parts = Parts()
    parts.tally.breaker_changed(BreakerStatus("provision", "open"))
    assert parts.value("farutech_tasks_in_flight") == 3
    assert parts.value("farutech_tasks_held") == 4
    assert parts.value("farutech_connected") == 1
    assert parts.value("farutech_reconnects_total") == 5
    assert parts.value("farutech_events_dropped_total") == 6
    assert parts.value("farutech_loop_blocked_seconds_total") == 1.5
    assert parts.value("farutech_breaker_state", type="provision") == 2
    parts.tally.breaker_changed(BreakerStatus("provision", "closed"))
    assert parts.value("farutech_breaker_state", type="provision") == 0
    identity = {
        "worker_id": r'w "1"\n',
        "version": "0.1.0",
        "stream": "PROVISIONING",
        "consumer": "provisioning-worker",
    }
    assert parts.value("farutech_worker_info", **identity) == 1
    assert parts.value("process_open_fds") is not None


def test_task_types_without_number_share_one_label() -> None:
    parts = Parts("provision", spare=2)
    for number in range(1000):
        parts.tally.ended(f"type-{number}", "dead_lettered")
    parts.tally.ended(OTHER_TYPES, "dead_lettered")
    labels = [tally.label for tally in parts.tally.by_type()]
    assert labels == ["provision", "type-0", "type-1", OTHER_TYPES]
    counted = parts.value("farutech_tasks_total", type=OTHER_TYPES, outcome="dead_lettered")
    assert counted == 999
    for number in range(1000):
        parts.tally.breaker_changed(BreakerStatus(f"type-{number}", "open"))
    assert len(parts.tally.breakers) == 100


@given(st.lists(st.text(st.characters(), max_size=200), max_size=10))
def test_whatever_a_task_type_is_it_can_be_scraped(task_types: list[str]) -> None:
    parts = Parts(spare=100)
    for task_type in task_types:
        parts.tally.ended(task_type, "succeeded", 0.1)
        parts.tally.breaker_changed(BreakerStatus(task_type, "open"))
    from prometheus_client import generate_latest

    text = generate_latest(parts.registry).decode()
    samples = [s for f in text_string_to_metric_families(text) for s in f.samples]
    keys = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in samples]
    assert len(keys) == len(set(keys))
    total = sum(s.value for s in samples if s.name == "farutech_tasks_total")
    assert total == len(task_types)


@given(st.lists(st.floats(0, 1e6), max_size=50))
def test_a_histogram_counts_each_value_once_up_to_its_bound(values: list[float]) -> None:
    histogram = Histogram(DURATIONS)
    for value in values:
        histogram.observe(value)
    for index, bound in enumerate(DURATIONS):
        assert sum(histogram.counts[: index + 1]) == sum(value <= bound for value in values)
    assert sum(histogram.counts) == len(values)


def test_the_pace_is_that_of_the_last_seconds() -> None:
    class HandClock(SystemClock):
        at = 100.0

        def monotonic(self) -> float:
            return self.at

    clock, count = HandClock(), 0
    pace = Pace(lambda: count, clock)
    assert pace.per_second(10) == 0
    for second in range(200):
        clock.at += 1.0
        count += 5 if second < 195 else 50
        pace.sample()
    assert pace.per_second(5) == pytest.approx(50)
    assert 5 < pace.per_second(60) < 10
    assert len(pace._samples) < 70


async def test_in_flight_is_what_runs_now() -> None:
    in_flight = InFlight()
    go = asyncio.Event()

    async def run(number: int) -> None:
        in_flight.enter(FACTS._replace(stream_sequence=number), -number)
        await go.wait()
        in_flight.leave(asyncio.current_task())
        in_flight.leave(asyncio.current_task())

    tasks = [asyncio.create_task(run(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert len(in_flight) == 5
    assert [running.facts.stream_sequence for running in in_flight.longest(2)] == [4, 3]
    assert in_flight.of(tasks[3]) == Running(FACTS._replace(stream_sequence=3), -3)
    assert in_flight.of(None) is None
    go.set()
    await asyncio.gather(*tasks)
    assert len(in_flight) == 0


async def test_readiness_names_what_stands_in_the_way() -> None:
    parts = Parts()
    async with parts.serving() as url:
        status, said = await asked(f"{url}/readyz")
        assert (status, set(said["reasons"])) == (503, {"connection", "consumer"})
        parts.readiness.on_link(LinkChange("error", "connection refused"))
        _, said = await asked(f"{url}/readyz")
        assert said["reasons"]["connection"] == "not connected to NATS: connection refused"
        parts.readiness.on_link(LinkChange("connected"))
        parts.readiness.clear("consumer")
        assert await asked(f"{url}/readyz") == (200, {"status": "ready"})
        parts.readiness.on_link(LinkChange("disconnected"))
        assert (await asked(f"{url}/readyz"))[0] == 503
        parts.readiness.on_link(LinkChange("reconnected"))
        parts.readiness.on_link(LinkChange("error", "a slow consumer"))
        assert (await asked(f"{url}/readyz"))[0] == 200
        parts.readiness.stands("shutdown", "the worker is finishing")
        status, said = await asked(f"{url}/readyz?verbose")
        assert (status, said["reasons"]) == (503, {"shutdown": "the worker is finishing"})
        assert await asked(f"{url}/healthz") == (200, {"status": "alive"})


async def test_metrics_are_served_as_prometheus_reads_them() -> None:
    parts = Parts("provision")
    parts.tally.ended("provision", "succeeded", 0.2)
    async with parts.serving() as url:
        status, body, content_type = await asyncio.to_thread(fetched, f"{url}/metrics")
        assert status == 200
        assert content_type.startswith("text/plain")
        assert b'farutech_tasks_total{outcome="succeeded",type="provision"} 1.0' in body
        status, body, _ = await asyncio.to_thread(fetched, f"{url}/metrics", "HEAD")
        assert (status, body) == (200, b"")
        status, body, _ = await asyncio.to_thread(fetched, f"{url}/nothing")
        assert status == 404
        status, _, _ = await asyncio.to_thread(fetched, f"{url}/metrics", "POST")
        assert status == 501


@contextmanager
def answers_meanwhile(url: str, found: list[tuple[int, dict[str, Any]]]) -> Iterator[None]:
    """Ask from another thread, again and again, until told to stop."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.01):
            status, body, _ = fetched(url)
            found.append((status, json.loads(body)))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


async def test_a_handler_that_blocks_the_loop_is_named_while_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("worker.telemetry.health.DEAD", 0.9)
    parts = Parts()
    parts.readiness.clear("connection")
    parts.readiness.clear("consumer")
    ready: list[tuple[int, dict[str, Any]]] = []
    alive: list[tuple[int, dict[str, Any]]] = []

    async def handler() -> None:
        parts.in_flight.enter(FACTS, 0.0)
        hold_the_loop(1.6)
        parts.in_flight.leave(asyncio.current_task())

    async with parts.serving() as url:
        with answers_meanwhile(f"{url}/readyz", ready), answers_meanwhile(f"{url}/healthz", alive):
            await asyncio.create_task(handler())
            await asyncio.sleep(0.1)
        assert (await asked(f"{url}/readyz"))[0] == 200
        assert (await asked(f"{url}/healthz"))[0] == 200
    blocked = [body["reasons"]["event_loop"] for status, body in ready if status == 503]
    assert any("the handler of task t-1 (provision) blocks it" in words for words in blocked)
    assert {status for status, _ in alive} == {200, 503}
    first, *_, last = [call.kwargs for call in parts.logger.calls]
    assert (first["event"], first["task_id"], first["task_type"]) == (
        "loop.blocked",
        "t-1",
        "provision",
    )
    assert "hold_the_loop" in first["where"]
    assert "a handler must await" in first["hint"]
    assert last["over"]
    assert 1.5 < last["seconds"] < 5.0
    # A busy machine may hold up the loop once more before or after the handler does.
    told = sum(call.kwargs["seconds"] for call in parts.logger.calls if call.kwargs.get("over"))
    assert parts.watch.stood_still == pytest.approx(told, abs=0.01)
    assert [call.kwargs["event"] for call in parts.logger.calls].count("loop.blocked") == 2


async def test_what_blocks_the_loop_and_is_no_handler_is_not_called_one() -> None:
    logger = CapturingLogger()
    watch = LoopWatch(InFlight(), around(logger), beat=0.01, blocked=0.1)
    watch.start()
    hold_the_loop(0.5)
    await asyncio.sleep(0.05)
    watch.stop()
    assert "it is no handler" in logger.calls[0].kwargs["hint"]


async def test_a_loop_that_turns_is_not_blamed() -> None:
    logger = CapturingLogger()
    watch = LoopWatch(InFlight(), around(logger), beat=0.01, blocked=5.0)
    watch.start()
    await asyncio.sleep(0.2)
    assert watch.standing_still == 0
    watch.stop()
    assert logger.calls == []
    assert watch.stood_still == 0


async def test_a_port_in_use_is_said_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(HealthError) as error:
            HealthServer(Address("127.0.0.1", port), Parts().sources)
    assert f"cannot listen at 127.0.0.1:{port}" in str(error.value)
    assert "already in use" in str(error.value)
    assert "--http" in str(error.value)


async def test_a_port_can_be_taken_again_at_once() -> None:
    parts = Parts()
    async with parts.serving() as url:
        await asked(f"{url}/healthz")
        port = int(url.rpartition(":")[2])
    server = HealthServer(Address("127.0.0.1", port), parts.sources)
    server.start()
    await server.stop()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080)),
        ("[::1]:0", Address("::1", 0)),
        (":9090", Address("", 9090)),
        ("off", None),
        ("", None),
    ],
)
def test_addresses(text: str, address: Address | None) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["8080", "localhost", "x:y", "::1:80", "h:65536", "h:-1", "h:²"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        parse_address(text)


async def test_it_serves_on_ipv6_too() -> None:
    try:
        server = HealthServer(Address("::1", 0), Parts().sources)
    except HealthError:
        pytest.skip("no IPv6 here")
    server.start()
    assert (await asked(f"{server.url}/readyz"))[0] == 503
    await server.stop()
