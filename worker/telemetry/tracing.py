"""Spans from a task's `traceparent` through its attempts, its dead letter and its replay.

Each attempt is a span under the one that published the task; a dead letter is a span under the
attempt that gave up, and its message carries that context on, so that a replay goes on with it.
Without the extra `otel`, or with nothing configured, there is none, and headers go on as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

from worker.model.event import TaskFacts


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
