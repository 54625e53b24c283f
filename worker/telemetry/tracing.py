"""Spans from a task's `traceparent` through its attempts, its dead letter and its replay.

Each attempt is a span under the one that published the task; a dead letter is a span under the
attempt that gave up, and its message carries that context on, so that a replay goes on with it.
Without the extra `otel`, or with nothing configured, there is none, and headers go on as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

from structlog.typing import FilteringBoundLogger

from worker.model.event import TaskFacts

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SPOKEN = "http/protobuf"


class AttemptSpan(Protocol):
    """One attempt at a task, used inside `with`."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The message's headers with this attempt as the trace's latest step."""

    @property
    def trace_id(self) -> str:
        """The trace it belongs to, 32 hexadecimal digits; empty for none."""

    def __enter__(self) -> Self:
        """Make it the current span."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""

    def note(self, name: str, **details: str | float) -> None:
        """Note a step: progress, a duplicate skipped, a retry with its delay."""

    def failed(self, error: str, error_type: str, traceback: str = "") -> None:
        """The attempt failed."""


class SendSpan(Protocol):
    """A message being published on behalf of a task: its dead letter, its replay."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers to publish it with."""

    def end(self, error: str = "") -> None:
        """It is stored, or `error` says why not."""


class Tracing(Protocol):
    """Makes spans."""

    def attempt(self, headers: Mapping[str, str], facts: TaskFacts, replays: int) -> AttemptSpan:
        """Return the span of an attempt at the task of a message with these headers."""

    def sending(self, subject: str, headers: Mapping[str, str], **details: str | float) -> SendSpan:
        """Begin the span of a message to `subject`, under the trace that `headers` name."""

    async def close(self) -> None:
        """Export what is left, within seconds, and end."""


def set_up_tracing(
    environ: Mapping[str, str],
    subject: str,
    identity: Mapping[str, str],
    log: FilteringBoundLogger,
) -> Tracing | None:
    """Return what the standard `OTEL_*` variables ask for, None for no tracing.

    Spans go out where an OTLP endpoint or `OTEL_TRACES_EXPORTER=otlp` is set, and neither
    `OTEL_SDK_DISABLED=true` nor `OTEL_TRACES_EXPORTER=none` is. The provider is made the process's
    own, so that what a handler's libraries trace comes along.

    Args:
        environ: The environment.
        subject: Where tasks come from.
        identity: Resource attributes of the worker; the environment's count more.
        log: Told why nothing is traced though it was asked for.
    """
    if not is_wanted(environ):
        return None
    try:
        from worker.telemetry.otel import exporting
    except ImportError as error:
        log.warning("tracing.off", why=str(error), hint="pip install 'farutech-console[otel]'")
        return None
    protocol = next((environ[name] for name in PROTOCOLS if environ.get(name)), SPOKEN)
    if protocol != SPOKEN:
        log.warning("tracing.protocol", asked=protocol, spoken=SPOKEN, hint="port 4318, not 4317")
    log.info("tracing.on", endpoint=next((environ[n] for n in ENDPOINTS if environ.get(n)), ""))
    return exporting(subject, identity)


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Return whether the environment asks for spans to be exported."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporters = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if exporters:
        return "otlp" in exporters.split(",")
    return any(environ.get(name) for name in ENDPOINTS)
