"""How a handler failed, as a value."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal

from worker.handlers.errors import Permanent, RetryAfter
from worker.handlers.tracebacks import shareable_traceback
from worker.model.retry import Failure

Interruption = Literal["timeout", "shutdown", "lease"]
"""What ended a handler from outside: its limit, the worker's end, another that has its task."""
Thread = asyncio.Future[BaseException | None]
"""The end of the thread that a plain function runs in, and what it raised."""

RUNS_ON = "handler.runs_on"
RUNS_ON_HINT = "a thread cannot be stopped: the task is not tried again before it ends"
RAN_ON = "handler.ended"
"""Log events about a plain function that was given up: it runs on, it has ended."""


@dataclass(frozen=True, slots=True)
class Failed:
    """How a handler failed, for the retry policy, and in words, for the operator.

    `thread` is there where a plain function was ended from outside and its thread runs on: done
    when that ends.
    """

    failure: Failure
    error: str
    error_type: str
    traceback: str = ""
    interruption: Interruption | None = None
    thread: Thread | None = field(default=None, compare=False)

    @property
    def runs_on(self) -> bool:
        """Whether a thread still runs the task."""
        return self.thread is not None and not self.thread.done()


def failed(error: BaseException, words: str = "") -> Failed:
    """Return how `error` counts: final, to be tried again when it says, or to be tried again."""
    if isinstance(error, Permanent):
        failure = Failure("permanent")
    elif isinstance(error, RetryAfter):
        failure = Failure("transient", error.seconds)
    else:
        failure = Failure("transient")
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return Failed(
        failure,
        words or _words(error) or kind.__name__,
        f"{module}{kind.__qualname__}",
        shareable_traceback(error),
    )


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the user's own __str__
        return ""
