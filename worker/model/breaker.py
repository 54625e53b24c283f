"""A circuit breaker for one task type, as values: state and event in, the next state out.

Closed, everything runs. When `failures` different tasks failed transiently in a row it opens, and
nothing runs until `probe_at`; then it is half open, and one task runs as a probe. A probe that
succeeds closes it, one that fails opens it again for longer. Failures that say nothing of what
lies behind the handlers (refused for good, interrupted) change no wait: the next task probes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

BreakerState = Literal["closed", "open", "half_open"]
Admission = Literal["run", "probe", "hold"]
"""What becomes of a task now: it runs, it runs as the one probe, or it must wait."""


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When to open, and how long to wait between probes; times in seconds.

    `failures` of 0 turns the breaker off; 10 in a row come once in a thousand tasks where half of
    all attempts fail by themselves, and within moments where all do. A wait grows by `factor` with
    each probe that fails, up to `longest_wait`, which it never exceeds, whatever `jitter` (the
    share by which it may vary either way) and a handler's `Retry-After` say.
    """

    failures: int = 10
    first_wait: float = 2.0
    factor: float = 2.0
    longest_wait: float = 60.0
    jitter: float = 0.2

    def scaled(self, scale: float) -> BreakerPolicy:
        """Return the same with every time multiplied by `scale`."""
        return replace(
            self, first_wait=self.first_wait * scale, longest_wait=self.longest_wait * scale
        )

    def wait(self, trips: int, random: Random, retry_after: float | None = None) -> float:
        """Return the seconds until the next probe, after `trips` earlier waits in a row."""
        try:
            planned = self.first_wait * self.factor**trips
        except OverflowError:
            planned = math.inf
        # The cap before the jitter as well: the longest waits of a fleet must not fall together.
        planned = min(planned, self.longest_wait / (1 + self.jitter))
        planned *= 1 + self.jitter * (2 * random.random() - 1)
        return min(max(planned, retry_after or 0.0), self.longest_wait)


@dataclass(frozen=True, slots=True)
class Breaker:
    """The breaker of one task type. Times are monotonic seconds.

    `failed` holds the stream sequences of the tasks that failed in a row: one task that fails
    again and again does not open the breaker. `trips` counts the waits since it was last healthy,
    and `healed` the successes since it closed: only after as many as it takes failures to open it
    are the waits short again, so that what comes and goes is not probed ever faster.
    """

    state: BreakerState = "closed"
    failed: frozenset[int] = frozenset()
    probe_at: float = 0.0
    trips: int = 0
    healed: int = 0

    @property
    def is_healthy(self) -> bool:
        """Whether there is nothing to remember."""
        return self == HEALTHY

    def admit(self, now: float) -> tuple[Breaker, Admission]:
        """Return what becomes of a task that could run now."""
        if self.state == "closed":
            return self, "run"
        if self.state == "open" and now >= self.probe_at:
            return replace(self, state="half_open"), "probe"
        return self, "hold"

    def succeeded(self, admission: Admission, policy: BreakerPolicy, now: float) -> Breaker:
        """Return the breaker after a task succeeded.

        A success of one that was begun before it opened does not close it, but has it probed now.
        """
        if admission == "probe":
            return Breaker(trips=self.trips)
        if self.state == "open":
            return replace(self, probe_at=min(self.probe_at, now))
        if self.state == "half_open":
            return self
        healed = self.healed + 1
        if not self.trips or healed >= policy.failures:
            return HEALTHY
        return Breaker(trips=self.trips, healed=healed)

    def failed_transiently(
        self, admission: Admission, sequence: int, policy: BreakerPolicy, probe_at: float
    ) -> Breaker:
        """Return the breaker after the task `sequence` failed in a way that may pass.

        `probe_at` is when to probe if this opens it.
        """
        if admission == "probe":
            return replace(self, state="open", probe_at=probe_at, trips=self.trips + 1)
        if self.state != "closed" or policy.failures < 1:
            return self
        failed = self.failed | {sequence}
        if len(failed) < policy.failures:
            return replace(self, failed=failed)
        return self._opened(probe_at)

    def out_elsewhere(self, probe_at: float) -> Breaker:
        """Return the breaker after another worker's was found open.

        It opens as well where what was run here last failed, and stays as it is where that worked.
        """
        if self.state != "closed" or not self.failed:
            return self
        return self._opened(probe_at)

    def undecided(self, admission: Admission, now: float) -> Breaker:
        """Return the breaker after an attempt that says nothing: refused for good, interrupted."""
        if admission == "probe":
            return replace(self, state="open", probe_at=now)
        return self

    def _opened(self, probe_at: float) -> Breaker:
        return Breaker(state="open", probe_at=probe_at, trips=self.trips + 1)


HEALTHY = Breaker()


@dataclass(frozen=True, slots=True)
class BreakerStatus:
    """A breaker as it is shown: `probe_in` seconds until the next probe, `held` tasks that wait.

    `error` is what the last task said that failed.
    """

    task_type: str
    state: BreakerState
    probe_in: float = 0.0
    held: int = 0
    error: str = ""
