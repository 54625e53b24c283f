"""What handlers are called with, and how their calls end, for tests of handlers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

import structlog

from worker.handlers.context import TaskContext
from worker.handlers.errors import Permanent, RetryAfter
from worker.handlers.registry import Registered
from worker.model.clock import SystemClock
from worker.model.task import Task


@dataclass(frozen=True)
class Refusal:
    """How a handler failed."""

    kind: Literal["permanent", "transient", "timeout"]
    error: str
    retry_after: float | None = None


async def ended(
    handler: Registered | None, task: Task, context: TaskContext, within: float = 20.0
) -> Refusal | None:
    """Run a handler as the worker does; return how it failed, None where it did not."""
    assert handler is not None
    assert not handler.blocks
    limit = asyncio.timeout(within)
    try:
        async with limit:
            awaited = handler.function(task, context)
            assert awaited is not None
            await awaited
    except Permanent as error:
        return Refusal("permanent", str(error))
    except RetryAfter as error:
        return Refusal("transient", str(error), error.seconds)
    except Exception as error:  # noqa: BLE001 - as the worker does around a handler
        return Refusal("timeout" if limit.expired() else "transient", str(error))
    return None


def a_context(**changes: Any) -> TaskContext:
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
        "labels": dict,
        "logger": structlog.get_logger(),
    }
    return TaskContext(**(fields | changes))
