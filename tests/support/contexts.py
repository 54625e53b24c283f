"""What handlers are called with, for tests of handlers."""

from __future__ import annotations

from typing import Any

import structlog

from worker.handlers.context import TaskContext
from worker.model.clock import SystemClock


def a_context(**changes: Any) -> TaskContext:  # noqa: ANN401 - any field of a context
    """The context of a second attempt of five, with a minute to go; `changes` replace fields."""
    clock = SystemClock()
    fields: dict[str, Any] = {
        "attempt": 2,
        "attempts_allowed": 5,
        "replays": 0,
        "headers": {},
        "deadline": clock.monotonic() + 60,
        "worker_id": "worker-9",
        "clock": clock,
        "bound": {},
        "logger": structlog.get_logger(),
    }
    return TaskContext(**(fields | changes))
