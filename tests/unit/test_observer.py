"""One delivery, told to all who watch."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any, cast

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from worker.handlers.call import Failed
from worker.jetstream.connect.connection import Connection
from worker.jetstream.fleet.events import Events
from worker.model.clock import SystemClock
from worker.model.delivery import Delivery
from worker.model.event import Event, read_events
from worker.model.names import QueueNames
from worker.model.retry import Failure
from worker.model.surroundings import Surroundings
from worker.model.task import Task
from worker.model.trace_context import trace_id
from worker.runtime.observer import Observed, Observer, Views
from worker.telemetry.in_flight import InFlight
from worker.telemetry.otel import OtelTracing
from worker.telemetry.tally import Tally

ID = "4bf92f3577b34da6a3ce929d0e0e4736"
HEADERS = {"traceparent": f"00-{ID}-00f067aa0ba902b7-01", "Other": "kept"}
TASK = Task(task_id="t-1", tenant_id="acme", task_type="provision")
WHY = Failed(Failure("transient"), "connection refused", "OSError", "Traceback …")


class NowhereToSend:
    """As much of a connection as events need before they are sent."""

    class client:  # noqa: N801 - as the connection names it
        max_payload = 1 << 20


class Watched:
    """An observer whose events and spans stay in memory."""

    def __init__(self, *, traced: bool = True) -> None:
        self.clock = SystemClock()
        self.tally = Tally(("provision",))
        self.in_flight = InFlight()
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        around = Surroundings(self.clock, Random(1), structlog.get_logger())
        connection = cast(Connection, NowhereToSend())
        self.published = Events(connection, QueueNames(), "worker-9", around)
        tracing = OtelTracing(provider, "provisioning.tasks") if traced else None
        views = Views(self.tally, self.in_flight, tracing, self.published if traced else None)
        self.observer = Observer(views, "worker-9", "provisioning.dlq", self.clock)

    def received(self) -> Observed:
        delivery = Delivery(b"", HEADERS, "r", "S", "C", 2, 77, 0, self.clock.monotonic() - 0.5)
        return self.observer.received(TASK, delivery, 1)

    @property
    def events(self) -> list[Event]:
        self.published._encode()
        sent = "".join(self.published._lines).split("\r\n")
        return [event for body in sent[1::2] for event in read_events(body.encode())]

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def counts(self) -> dict[str, int]:
        return {str(name): count for name, count in self.tally.totals().items() if count}


async def test_a_task_that_succeeds() -> None:
    watched = Watched()
    seen = watched.received()
    assert len(watched.in_flight) == 0
    with seen:
        (running,) = watched.in_flight.longest(5)
        assert (running.facts.task_id, running.facts.attempt, running.facts.stream_sequence) == (
            "t-1",
            2,
            77,
        )
        assert seen.trace_id == ID
        assert seen.headers["Other"] == "kept"
        assert seen.headers["traceparent"] != HEADERS["traceparent"]
        seen.progress(0.5, "half way")
        await asyncio.sleep(0.01)
    seen.succeeded()
    assert len(watched.in_flight) == 0
    assert watched.kinds == ["received", "started", "progress", "succeeded"]
    received, *_, succeeded = watched.events
    assert received.seconds == pytest.approx(0.5, abs=0.3)
    assert succeeded.seconds is not None
    assert succeeded.seconds >= 0.01
    assert watched.counts() == {"succeeded": 1}
    (counted,) = (one for one in watched.tally.by_type() if one.label == "provision")
    assert sum(counted.seconds.counts) == 1
    (span,) = watched.exporter.get_finished_spans()
    assert span.status.status_code == StatusCode.UNSET
    assert [event.name for event in span.events] == ["progress"]


async def test_a_task_that_fails_and_comes_again() -> None:
    watched = Watched()
    seen = watched.received()
    with seen:
        seen.failed(WHY)
    seen.retrying(12.5, WHY, 12.5)
    assert watched.kinds == ["received", "started", "retrying"]
    assert (watched.events[-1].delay, watched.events[-1].error) == (12.5, "connection refused")
    assert watched.counts() == {"retrying": 1}
    assert watched.tally.delays.total == 12.5
    (span,) = watched.exporter.get_finished_spans()
    assert span.status.description == "connection refused"


async def test_a_task_that_dies() -> None:
    watched = Watched()
    seen = watched.received()
    with seen:
        seen.failed(WHY)
    headers = seen.burying("attempts_exhausted")
    assert trace_id(headers) == ID
    assert headers["traceparent"] != seen.headers["traceparent"]
    assert watched.counts() == {}
    seen.buried("attempts_exhausted", WHY.error)
    assert watched.kinds == ["received", "started", "dead_lettered"]
    assert watched.events[-1].reason == "attempts_exhausted"
    assert watched.counts() == {"dead_lettered": 1}
    assert watched.tally.dead_letters["attempts_exhausted"] == 1
    attempt, letter = watched.exporter.get_finished_spans()
    context = attempt.get_span_context()
    assert letter.parent is not None
    assert context is not None
    assert letter.parent.span_id == context.span_id


async def test_a_task_held_for_a_breaker_runs_again_in_the_same_delivery() -> None:
    watched = Watched()
    seen = watched.received()
    with seen:
        seen.failed(WHY)
    seen.held()
    with seen:
        pass
    seen.succeeded()
    assert watched.kinds == ["received", "started", "held", "started", "succeeded"]
    assert watched.counts() == {"succeeded": 1}
    assert len(watched.exporter.get_finished_spans()) == 2


async def test_what_never_ran_has_no_duration_and_no_span() -> None:
    watched = Watched()
    watched.received().duplicate_skipped("done before")
    watched.received().handed_back()
    watched.received().lost()
    dead = watched.received()
    assert dead.burying("invalid")["Other"] == "kept"
    dead.lost()
    assert watched.kinds == ["received", "duplicate_skipped"]
    assert watched.counts() == {"duplicate_skipped": 1, "handed_back": 1, "lost": 2}
    assert not any(sum(one.seconds.counts) for one in watched.tally.by_type())
    (letter,) = watched.exporter.get_finished_spans()
    assert letter.status.description == "the delivery was lost"


async def test_an_interrupted_handler_leaves_nothing_running() -> None:
    watched = Watched()
    seen = watched.received()
    with pytest.raises(asyncio.CancelledError), seen:
        raise asyncio.CancelledError
    assert len(watched.in_flight) == 0
    (span,) = watched.exporter.get_finished_spans()
    assert span.status.status_code == StatusCode.ERROR


async def test_with_nobody_watching_the_headers_go_on_and_counts_are_kept() -> None:
    watched = Watched(traced=False)
    seen = watched.received()
    with seen:
        assert seen.headers is HEADERS
        assert seen.trace_id == ID
        seen.progress(0.5, "half way")
        seen.failed(WHY)
    seen.held()
    seen.retrying(1.0, WHY, 1.0)
    assert seen.burying("permanent") is HEADERS
    seen.buried("permanent", "no")
    seen.succeeded()
    seen.duplicate_skipped("done before")
    everything: Any = watched.counts()
    assert everything == {
        "retrying": 1,
        "dead_lettered": 1,
        "succeeded": 1,
        "duplicate_skipped": 1,
    }
