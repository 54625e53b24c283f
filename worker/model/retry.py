"""When to try again: failure and attempt in, a settlement out. Pure; chance is handed in."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

from worker.model.dead_letter import Reason


@dataclass(frozen=True, slots=True)
class Ack:
    """The task is done."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after `delay` seconds."""

    delay: float


@dataclass(frozen=True, slots=True)
class Bury:
    """Move the task to the dead letters."""

    reason: Reason


Settlement = Ack | Retry | Bury
FailureKind = Literal["transient", "permanent"]


@dataclass(frozen=True, slots=True)
class Failure:
    """How a handler failed: whether another attempt can help, and when it asked for one."""

    kind: FailureKind
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter: 10, 20, 40, 80, 160 s for attempts 1 to 5.

    `base`, `cap` in seconds; `jitter` is the share by which a delay may vary either way (0 to 1).
    The cap is applied last: no delay is ever longer.
    """

    base: float = 10.0
    factor: float = 2.0
    cap: float = 300.0
    jitter: float = 0.2

    def scaled(self, scale: float) -> RetryPolicy:
        """Return the same schedule with every time multiplied by `scale`."""
        return RetryPolicy(self.base * scale, self.factor, self.cap * scale, self.jitter)

    def delay(self, attempt: int, random: Random) -> float:
        """Return the seconds to wait after failed attempt `attempt`, counted from 1."""
        try:
            planned = self.base * self.factor ** (max(attempt, 1) - 1)
        except OverflowError:
            planned = self.cap / (1 - self.jitter) if self.jitter < 1 else self.cap
        spread = 1 + self.jitter * (2 * random.random() - 1)
        return min(planned * spread, self.cap)

    def settle(self, failure: Failure, attempt: int, allowed: int, random: Random) -> Settlement:
        """Return what becomes of a task whose attempt `attempt` of `allowed` failed."""
        if failure.kind == "permanent":
            return Bury("permanent")
        if attempt >= allowed:
            return Bury("attempts_exhausted")
        if failure.retry_after is not None:
            return Retry(max(failure.retry_after, 0.0))
        return Retry(self.delay(attempt, random))


def attempts_allowed(max_retries: int | None, max_deliver: int) -> int:
    """Return how many attempts a task has in all, at least one.

    Never more than the consumer's `max_deliver` (-1: no limit): past it the server delivers no
    more, and a task that waited for another attempt would wait for ever.
    """
    asked = max_deliver if max_retries is None else max(max_retries, 1)
    if max_deliver < 1:
        return DEFAULT_ATTEMPTS if max_retries is None else asked
    return min(asked, max_deliver)


DEFAULT_ATTEMPTS = 5
"""Attempts where neither the task nor the consumer sets a limit."""
