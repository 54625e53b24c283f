"""Spans, kept in memory, and what an exporter sends to a real collector's address."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from structlog.testing import CapturingLogger

from worker.model.event import TaskFacts
from worker.model.trace_context import trace_id
from worker.telemetry.otel import OtelTracing
from worker.telemetry.tracing import Tracing
from worker.telemetry.tracing_setup import is_wanted, set_up_tracing

ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
HEADERS = {"Traceparent": f"00-{ID}-{PARENT}-01", "tracestate": "a=1", "Other": "kept"}
FACTS = TaskFacts("t-1", "acme", "provision", 2, 77, "worker-9")


class Kept:
    """Tracing whose spans stay in memory."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracing: Tracing = OtelTracing(provider, "provisioning.tasks")

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())


def ids(span: ReadableSpan) -> tuple[str, str, str]:
    """The ids of the trace, the span and its parent."""
    context = span.get_span_context()
    assert context is not None
    parent = "" if span.parent is None else trace.format_span_id(span.parent.span_id)
    return (
        trace.format_trace_id(context.trace_id),
        trace.format_span_id(context.span_id),
        parent,
    )


def test_an_attempt_is_a_span_under_the_one_that_published_the_task() -> None:
    kept = Kept()
    with kept.tracing.attempt(HEADERS, FACTS, 1) as attempt:
        assert attempt.trace_id == ID
        attempt.note("progress", share=0.5)
    (span,) = kept.spans
    assert ids(span)[::2] == (ID, PARENT)
    assert (span.name, span.kind) == ("process provisioning.tasks", SpanKind.CONSUMER)
    assert span.status.status_code == StatusCode.UNSET
    attributes = dict(span.attributes or {})
    assert attributes["farutech.task.id"] == "t-1"
    assert attributes["farutech.attempt"] == 2
    assert attributes["farutech.replays"] == 1
    assert attributes["messaging.system"] == "nats"
    assert [(event.name, dict(event.attributes or {})) for event in span.events] == [
        ("progress", {"share": 0.5})
    ]


def test_what_a_handler_traces_belongs_to_the_attempt() -> None:
    kept = Kept()
    with kept.tracing.attempt(HEADERS, FACTS, 0) as attempt:
        current = trace.get_current_span().get_span_context()
        passed_on = attempt.headers
    (span,) = kept.spans
    assert trace.format_span_id(current.span_id) == ids(span)[1]
    assert passed_on == {
        "Other": "kept",
        "traceparent": f"00-{ID}-{ids(span)[1]}-01",
        "tracestate": "a=1",
    }
    assert not trace.get_current_span().get_span_context().is_valid


def test_one_trace_goes_through_retry_dead_letter_and_replay() -> None:
    kept = Kept()
    tracing = kept.tracing
    with tracing.attempt(HEADERS, FACTS, 0) as first:
        first.failed("connection refused", "builtins.OSError", "Traceback …\n  \x1b[31mline")
    with tracing.attempt(HEADERS, FACTS._replace(attempt=3), 0) as last:
        last.failed("connection refused", "OSError")
        burying = last.headers
    letter = tracing.sending("provisioning.dlq", burying, reason="attempts_exhausted")
    lies_there = letter.headers
    letter.end()
    replay = tracing.sending("provisioning.tasks", lies_there, letter=12)
    goes_back = replay.headers
    replay.end("")
    with tracing.attempt(goes_back, FACTS._replace(attempt=1), 1) as again:
        assert again.trace_id == ID
    one, two, dead, sent, done = kept.spans
    assert {ids(span)[0] for span in kept.spans} == {ID}
    assert ids(one)[2] == ids(two)[2] == PARENT
    assert ids(dead)[2] == ids(two)[1]
    assert ids(sent)[2] == ids(dead)[1]
    assert ids(done)[2] == ids(sent)[1]
    assert one.status.status_code == StatusCode.ERROR
    assert one.status.description == "connection refused"
    (event,) = one.events
    assert dict(event.attributes or {})["exception.stacktrace"] == "Traceback …\n  \\x1b[31mline"
    assert dict(dead.attributes or {})["farutech.reason"] == "attempts_exhausted"
    assert (dead.name, dead.kind) == ("send provisioning.dlq", SpanKind.PRODUCER)


def test_a_task_without_a_trace_begins_one() -> None:
    kept = Kept()
    with kept.tracing.attempt({}, FACTS, 0) as attempt:
        assert trace_id(attempt.headers) == attempt.trace_id != ""
    (span,) = kept.spans
    assert ids(span)[2] == ""


def test_a_letter_that_is_not_stored_and_an_attempt_that_is_cut_short_are_errors() -> None:
    kept = Kept()
    kept.tracing.sending("provisioning.dlq", {}).end("no space left")
    with (
        pytest.raises(asyncio.CancelledError),
        kept.tracing.attempt({}, FACTS, 0),
    ):
        raise asyncio.CancelledError
    assert [span.status.status_code for span in kept.spans] == [StatusCode.ERROR] * 2
    assert kept.spans[0].status.description == "no space left"
    assert not trace.get_current_span().get_span_context().is_valid


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, False),
        ({"OTEL_TRACES_EXPORTER": "console"}, False),
        ({"OTEL_SDK_DISABLED": "TRUE", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, False),
    ],
)
def test_the_environment_decides(environ: dict[str, str], wanted: bool) -> None:
    assert is_wanted(environ) == wanted


def said(logger: CapturingLogger) -> structlog.typing.FilteringBoundLogger:
    log: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        logger, processors=[], wrapper_class=structlog.make_filtering_bound_logger(0)
    )
    return log


def test_where_the_extra_is_missing_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "worker.telemetry.otel", None)
    logger = CapturingLogger()
    environ = {"OTEL_TRACES_EXPORTER": "otlp"}
    assert set_up_tracing(environ, "s", {}, said(logger)) is None
    assert "farutech-console[otel]" in logger.calls[0].kwargs["hint"]


def test_nothing_is_loaded_that_was_not_asked_for() -> None:
    code = (
        "import sys\n"
        "from worker.telemetry.tracing_setup import set_up_tracing\n"
        "assert set_up_tracing({}, 's', {}, None) is None\n"
        "assert not any(name.startswith('opentelemetry') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


class Collector(BaseHTTPRequestHandler):
    """Takes what an OTLP exporter posts."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, self.headers["Content-Type"], body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - stdlib's
        pass


@contextmanager
def collector() -> Iterator[tuple[str, list[tuple[str, str, bytes]]]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    taken: list[tuple[str, str, bytes]] = []
    server.taken = taken  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


EXPORTS = """
import asyncio, os
import structlog
from worker.model.event import TaskFacts
from worker.telemetry.tracing_setup import set_up_tracing

async def main():
    identity = {"service.name": "farutech-worker", "service.instance.id": "worker-9"}
    tracing = set_up_tracing(os.environ, "provisioning.tasks", identity, structlog.get_logger())
    facts = TaskFacts("t-\\ud800", "acme", "provision", 1, 7, "worker-9")
    with tracing.attempt({}, facts, 0) as attempt:
        attempt.failed("broken \\ud800", "OSError", "lines \\ud800")
    await tracing.close()

asyncio.run(main())
"""


def test_spans_go_to_the_collector_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with collector() as (url, taken):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "from-outside")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        subprocess.run([sys.executable, "-c", EXPORTS], check=True, timeout=60)
    ((path, content_type, body),) = taken
    assert (path, content_type) == ("/v1/traces", "application/x-protobuf")
    for part in (b"from-outside", b"worker-9", b"process provisioning.tasks", b"t-\\ud800"):
        assert part in body


def test_a_collector_that_is_away_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    run = subprocess.run(
        [sys.executable, "-c", EXPORTS], check=True, timeout=60, capture_output=True, text=True
    )
    assert "tracing.on" in run.stdout
