"""One trace through a whole worker: attempts, dead letter, replay, and the attempt after it."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from tests.support.nats_server import NatsServer
from tests.support.queues import LayoutKind, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, letter_of, publish, replay_all
from tests.support.workers import Calls, working
from worker.handlers.context import TaskContext
from worker.model.task import Task
from worker.telemetry.otel import OtelTracing

ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PUBLISHER = "00f067aa0ba902b7"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Where the spans of every worker of the test go."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracing = OtelTracing(provider, "provisioning.tasks")
    monkeypatch.setattr("worker.runtime.watching.set_up_tracing", lambda *_: tracing)
    return kept


def span_id(span: ReadableSpan) -> str:
    context = span.get_span_context()
    assert context is not None
    assert trace.format_trace_id(context.trace_id) == ID
    return trace.format_span_id(context.span_id)


def parent_id(span: ReadableSpan) -> str:
    assert span.parent is not None
    return trace.format_span_id(span.parent.span_id)


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_one_trace_through_retries_dead_letter_and_replay(
    nats_server: NatsServer, spans: InMemorySpanExporter, kind: LayoutKind
) -> None:
    seen: list[str] = []

    def heals_when_replayed(_task: Task, context: TaskContext) -> None:
        context.progress(0.5, "half way")
        seen.append(context.headers["traceparent"])
        if not context.replays:
            raise OSError("connection refused")

    calls = Calls(heals_when_replayed)
    async with queue(nats_server, kind) as where, working(nats_server, calls) as worker:
        sent = {"traceparent": f"00-{ID}-{PUBLISHER}-01", "tracestate": "vendor=1"}
        await publish(where, task(1, max_retries=2), sent)
        letter, headers = await letter_of(where)
        assert letter.reason == "attempts_exhausted"
        await replay_all(nats_server)
        await eventually(lambda: len(calls.seen) == 3)
        await eventually(lambda: all_done(where))
        traced = [line.get("trace_id") for line in worker.logged("task.retry")]
    first, second, sending, third = spans.get_finished_spans()
    assert [span.name for span in (first, second, third)] == ["process provisioning.tasks"] * 3
    assert sending.name == "send provisioning.dlq"
    assert parent_id(first) == parent_id(second) == PUBLISHER
    assert parent_id(sending) == span_id(second)
    assert headers["traceparent"] == f"00-{ID}-{span_id(sending)}-01"
    assert headers["tracestate"] == "vendor=1"
    assert parent_id(third) == span_id(sending)
    assert seen == [f"00-{ID}-{span_id(span)}-01" for span in (first, second, third)]
    attempts = [
        (
            dict(span.attributes or {})["farutech.attempt"],
            dict(span.attributes or {})["farutech.replays"],
        )
        for span in (first, second, third)
    ]
    assert attempts == [(1, 0), (2, 0), (1, 1)]
    states = [span.status.status_code for span in (first, second, third)]
    assert states == [StatusCode.ERROR, StatusCode.ERROR, StatusCode.UNSET]
    assert [event.name for event in first.events] == ["progress", "exception"]
    assert traced == [ID]
