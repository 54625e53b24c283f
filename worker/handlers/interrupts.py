"""Ending handlers from outside: time is over, the task is another's, the worker ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from worker.handlers.failed import Failed, Interruption
from worker.handlers.tracebacks import shareable_traceback
from worker.model.retry import Failure

_ENDS: Mapping[Interruption, Failed] = {
    "timeout": Failed(
        Failure("transient"), "took longer than the time limit", "TimeoutError", "", "timeout"
    ),
    "shutdown": Failed(
        Failure("transient", 0.0),
        "interrupted: the worker shut down",
        "Interrupted",
        "",
        "shutdown",
    ),
    "lease": Failed(
        Failure("transient", 0.0),
        "another worker has taken the task over",
        "LostLease",
        "",
        "lease",
    ),
}


def interrupted(by: Interruption) -> Failed:
    """Return how an attempt failed that was never begun, or ended before it was."""
    return _ENDS[by]


class Interrupts:
    """The calls of handlers that run, by the asyncio task that runs each.

    One timer serves the time limits of all, where `asyncio.timeout` would take one for each call:
    as the limit is the same for all, the oldest call is the first that is over.
    """

    def __init__(self, limit: float) -> None:
        """`limit` is the seconds that a call may take."""
        self.limit = limit
        self._loop = asyncio.get_running_loop()
        self._until: dict[asyncio.Task[object], float] = {}
        self._ended: dict[asyncio.Task[object], Interruption] = {}
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, task: asyncio.Task[object]) -> None:
        """This asyncio task, the current one, begins a call."""
        until = self._until[task] = self._loop.time() + self.limit
        if self._timer is None:
            self._timer = self._loop.call_at(until, self._on_timer)

    def leave(self, task: asyncio.Task[object], error: BaseException | None) -> Failed | None:
        """The call ended, with `error` or none; return what interrupted it, None where nothing."""
        self._until.pop(task, None)
        if not self._ended:
            return None
        by = self._ended.pop(task, None)
        if by is None:
            return None
        task.uncancel()
        why = _ENDS[by]
        if by == "timeout":
            why = replace(why, error=f"{why.error} of {self.limit:g} s")
        return why if error is None else replace(why, traceback=shareable_traceback(error))

    def interrupt(self, task: asyncio.Task[object], by: Interruption) -> None:
        """End the call that an asyncio task makes, if it still does, as cancelling it does."""
        if task in self._until and task not in self._ended:
            self._ended[task] = by
            task.cancel()

    def interrupt_all(self, by: Interruption) -> None:
        """End all calls that are made now."""
        for task in tuple(self._until):
            self.interrupt(task, by)

    def _on_timer(self) -> None:
        self._timer = None
        now = self._loop.time()
        for task, until in tuple(self._until.items()):
            if until > now:
                self._timer = self._loop.call_at(until, self._on_timer)
                return
            self.interrupt(task, "timeout")
