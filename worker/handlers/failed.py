"""How a handler failed, as a value."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from worker.handlers.errors import Permanent, RetryAfter
from worker.handlers.tracebacks import shareable_traceback
from worker.model.retry import Failure

Interruption = Literal["timeout", "shutdown", "lease"]
"""What ended a handler from outside: its limit, the worker's end, another that has its task."""
Thread = asyncio.Future[BaseException | Awaitable[None] | None]
"""The end of a plain function's thread: what it raised, or returned to be awaited."""

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
    """Return how `error` counts: final, to be tried again when it says, or to be tried again.

    Of a group the error that decides speaks for all; the traceback has every one.
    """
    errors = sorted(_leaves(error), key=_rank)
    first = errors[0]
    kind = type(first)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    words = words or _words(first) or kind.__name__
    return Failed(
        _failure(first),
        words if len(errors) == 1 else f"{words} (one of {len(errors)} errors)",
        f"{module}{kind.__qualname__}",
        shareable_traceback(error),
    )


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _leaves(part)
    else:
        yield error


def _rank(error: BaseException) -> int:
    """Return 0 for what decides before all others: trying again would not help."""
    return 0 if isinstance(error, Permanent) else 1 if isinstance(error, RetryAfter) else 2


def _failure(error: BaseException) -> Failure:
    if isinstance(error, Permanent):
        return Failure("permanent")
    return Failure("transient", error.seconds if isinstance(error, RetryAfter) else None)


def _words(error: BaseException) -> str:
    try:
        # A KeyError's own text is the key alone.
        return f"KeyError: {error}" if type(error) is KeyError else str(error)
    except Exception:  # noqa: BLE001 - the user's own __str__
        return ""
