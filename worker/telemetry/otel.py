"""Spans by OpenTelemetry. Only imported where they were asked for: the package is an extra."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Mapping
from contextvars import Token
from types import TracebackType
from typing import Self

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from worker import __version__
from worker.model.dead_letter import MAX_TRACEBACK
from worker.model.event import LONGEST_NAME, LONGEST_TEXT, TaskFacts
from worker.model.text import literal
from worker.model.trace_context import trace_context, with_trace_context
from worker.telemetry.tracing import AttemptSpan, SendSpan, Tracing

CLOSE_TIMEOUT = 3.0
"""Seconds for the last spans to be exported."""

_PROPAGATOR = TraceContextTextMapPropagator()


def exporting(subject: str, identity: Mapping[str, str]) -> Tracing:
    """Return tracing that exports by OTLP over HTTP, as the `OTEL_*` variables say where."""
    # What the environment says of the resource counts more than what we know of ourselves.
    resource = Resource.create(dict(identity)).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return OtelTracing(provider, subject)


class OtelTracing:
    """Makes spans with a provider, of tasks that come from one subject."""

    def __init__(self, provider: TracerProvider, subject: str) -> None:
        self._provider = provider
        self._subject = subject
        self._tracer = provider.get_tracer("farutech.worker", __version__)

    def attempt(self, headers: Mapping[str, str], facts: TaskFacts, replays: int) -> AttemptSpan:
        """Return the span of an attempt at the task of a message with these headers."""
        return _Attempt(
            self._tracer.start_span(
                f"process {self._subject}",
                context=_parent(headers),
                kind=SpanKind.CONSUMER,
                attributes={
                    "messaging.system": "nats",
                    "messaging.operation.name": "process",
                    "messaging.operation.type": "process",
                    "messaging.destination.name": self._subject,
                    "messaging.message.id": str(facts.stream_sequence),
                    "farutech.task.id": literal(facts.task_id, LONGEST_NAME),
                    "farutech.task.type": literal(facts.task_type, LONGEST_NAME),
                    "farutech.tenant.id": literal(facts.tenant_id, LONGEST_NAME),
                    "farutech.worker.id": facts.worker_id,
                    "farutech.attempt": facts.attempt,
                    "farutech.replays": replays,
                },
            ),
            headers,
        )

    def sending(self, subject: str, headers: Mapping[str, str], **details: str | float) -> SendSpan:
        """Begin the span of a message to `subject`, under the trace that `headers` name."""
        return _Send(
            self._tracer.start_span(
                f"send {subject}",
                context=_parent(headers),
                kind=SpanKind.PRODUCER,
                attributes={
                    "messaging.system": "nats",
                    "messaging.operation.name": "send",
                    "messaging.operation.type": "send",
                    "messaging.destination.name": subject,
                    **{f"farutech.{name}": value for name, value in _exportable(details).items()},
                },
            ),
            headers,
        )

    async def close(self) -> None:
        """Export what is left; gives up after `CLOSE_TIMEOUT`, a dead collector holds nobody."""
        loop = asyncio.get_running_loop()
        closed = asyncio.Event()

        def close() -> None:
            self._provider.shutdown()
            with contextlib.suppress(RuntimeError):  # the loop may be closed by then
                loop.call_soon_threadsafe(closed.set)

        # A daemon, not the executor's: that would be waited for at the end.
        threading.Thread(target=close, name="tracing-close", daemon=True).start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await closed.wait()


class _Spanned:
    """A span, and the headers of the message that it belongs to."""

    def __init__(self, span: Span, headers: Mapping[str, str]) -> None:
        self._span = span
        self._original = headers

    @property
    def headers(self) -> Mapping[str, str]:
        carried: dict[str, str] = {}
        _PROPAGATOR.inject(carried, trace.set_span_in_context(self._span, Context()))
        return with_trace_context(self._original, carried)

    @property
    def trace_id(self) -> str:
        return trace.format_trace_id(self._span.get_span_context().trace_id)


class _Attempt(_Spanned):
    _token: Token[Context] | None = None

    def __enter__(self) -> Self:
        self._token = otel_context.attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._token is not None:
            otel_context.detach(self._token)
        if error is not None:
            self._span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        self._span.end()

    def note(self, name: str, **details: str | float) -> None:
        self._span.add_event(name, _exportable(details))

    def failed(self, error: str, error_type: str, traceback: str = "") -> None:
        self._span.set_status(Status(StatusCode.ERROR, literal(error, LONGEST_TEXT)))
        self._span.set_attribute("error.type", literal(error_type, LONGEST_NAME))
        details: dict[str, str | float] = {"exception.type": error_type, "exception.message": error}
        if traceback:
            # A stack trace is lines; what a terminal would obey stays out of it all the same.
            lines = map(literal, traceback.splitlines())
            details["exception.stacktrace"] = "\n".join(lines)[-MAX_TRACEBACK:]
        self._span.add_event("exception", _exportable(details))


class _Send(_Spanned):
    def end(self, error: str = "") -> None:
        if error:
            self._span.set_status(Status(StatusCode.ERROR, literal(error, LONGEST_TEXT)))
        self._span.end()


def _exportable(details: Mapping[str, str | float]) -> dict[str, str | float]:
    """Return details without lone surrogates: one of them would cost a whole batch of spans."""
    return {
        name: value if isinstance(value, float | int) else _without_surrogates(value)
        for name, value in details.items()
    }


def _without_surrogates(text: str) -> str:
    return text[:MAX_TRACEBACK].encode("utf-8", "backslashreplace").decode("utf-8")


def _parent(headers: Mapping[str, str]) -> Context:
    """Return the context that headers name, an empty one where they name none."""
    return _PROPAGATOR.extract(trace_context(headers), Context())
