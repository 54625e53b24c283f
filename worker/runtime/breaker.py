"""Circuit breakers at work: an outage behind the handlers costs no task its attempts.

The attempt count is the server's delivery count, and whatever is delivered again has used one up:
a nak, with a delay or without, as much as an ack wait that ran out. A task of a type whose breaker
is open can therefore not be given back. It is held instead: kept in hand unsettled, with
in-progress signals like any running one, in no slot, until the breaker lets it run in that very
delivery. A probe that fails is held again, not settled, so that probing costs nothing either; held
tasks take turns, so that one that can never succeed does not keep the breaker open for ever. What
an outage costs is one attempt for each of the failures before the breaker opened.

Tasks of all types come through one consumer, and the pull cannot choose among them. To reach the
healthy ones those of an open type must be taken and held, and for that there is a limit, which
grows with each healthy task that got through, and with time, lest healthy ones wait behind ill ones
for as long as the outage lasts: in a short outage of everything few are held, for a worker that
stops hands back what it holds, at a delivery each. At the limit nothing more is pulled, and probes
come from what is held. A task older than `OLDEST` is not held again once it failed: it
must reach the dead letters, which are kept, before the stream's age limit drops it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from worker.model.breaker import HEALTHY, Admission, Breaker, BreakerPolicy, BreakerStatus
from worker.model.surroundings import Surroundings

T = TypeVar("T")

OLDEST = 24 * 3600.0
"""Seconds that a task may be old to be held after a failure; the stream drops it at 72 h."""
FIRST_HELD = 100
"""Tasks that may be held before any of another type got through."""
HELD_PER_PASS = 20
"""How many more may be held for each task of another type that got through."""
HELD_PER_SECOND = 5
"""How many more may be held for each second since the first breaker opened."""
MOST_HELD = 1000
MOST_TYPES = 1000
"""Task types remembered at once; a type is forgotten when it is healthy."""
LOOK = 0.5
"""Seconds between looks at what is held: deliveries that were lost are let go."""
PATIENCE = 5.0
"""Seconds for a released task to become the probe before another is released."""
LONGEST_ERROR = 300


@dataclass(frozen=True, slots=True)
class Hooks(Generic[T]):
    """What the breakers call.

    `release` takes a held task back, to be admitted again; `still_ours` says whether its delivery
    is; `changed` hears of each change of a breaker.
    """

    release: Callable[[T], None]
    still_ours: Callable[[T], bool]
    changed: Callable[[BreakerStatus], None]


@dataclass(frozen=True, slots=True)
class Setback:
    """A failure that may pass.

    `sequence` is the task's stream sequence, `age` the seconds since the stream stored it;
    `retry_after` the seconds that the handler asked for.
    """

    sequence: int
    age: float
    error: str = ""
    retry_after: float | None = None


def most_held(max_ack_pending: int) -> int:
    """Return how many tasks a worker may hold where the consumer has such a limit (-1: none).

    At that limit the server delivers to nobody, also not to the other workers of the fleet.
    """
    return MOST_HELD if max_ack_pending < 1 else min(MOST_HELD, max(1, max_ack_pending // 4))


class Breakers(Generic[T]):
    """The breakers of all task types, and the tasks that wait for them.

    For each delivery: `admit`; then either `hold`, or the handler and exactly one of `succeeded`,
    `failed` and `undecided` with the admission that `admit` gave.
    """

    def __init__(
        self, policy: BreakerPolicy, around: Surroundings, hooks: Hooks[T], limit: int = MOST_HELD
    ) -> None:
        """Describe the breakers. `limit` bounds the tasks held, see `most_held`."""
        self._policy = policy
        self._clock = around.clock
        self._random = around.random
        self._hooks = hooks
        self._limit = limit
        self._breakers: dict[str, Breaker] = {}
        self._errors: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self._pens: dict[str, deque[T]] = {}
        self._candidates: dict[str, float] = {}
        self._passed = 0
        self._ill_since = 0.0
        self._changed = asyncio.Event()

    @property
    def held(self) -> int:
        """How many tasks wait for a breaker."""
        return sum(map(len, self._pens.values())) if self._pens else 0

    def room(self, wanted: int) -> int:
        """Return how many deliveries may be asked for where there would be room for `wanted`.

        Held tasks are not to be counted as taking room: they take none.
        """
        if not self._shown and not self._pens:
            return wanted
        seconds = self._clock.monotonic() - self._ill_since if self._shown else 0.0
        earned = HELD_PER_PASS * self._passed + int(HELD_PER_SECOND * seconds)
        limit = min(self._limit, FIRST_HELD + earned)
        return max(0, min(wanted, limit - self.held))

    def admit(self, task_type: str) -> Admission:
        """Return what becomes of a task of this type that could run now."""
        breaker = self._breakers.get(task_type)
        if breaker is None:
            if self._shown:
                self._passed += 1
            return "run"
        breaker, admission = breaker.admit(self._clock.monotonic())
        if admission == "probe":
            self._candidates.pop(task_type, None)
            self._keep(task_type, breaker)
        return admission

    def hold(self, task_type: str, item: T) -> None:
        """Keep a task until it is released; it is the caller's again then."""
        self._candidates.pop(task_type, None)
        self._pens.setdefault(task_type, deque()).append(item)
        self._changed.set()

    def succeeded(self, task_type: str, admission: Admission) -> None:
        """The handler did its work."""
        breaker = self._breakers.get(task_type)
        if breaker is not None:
            self._keep(
                task_type, breaker.succeeded(admission, self._policy, self._clock.monotonic())
            )

    def failed(self, task_type: str, admission: Admission, setback: Setback) -> bool:
        """The handler failed in a way that may pass; return whether to hold the task.

        Otherwise it is to be settled as ever.
        """
        if self._policy.failures < 1:
            return False
        before = self._breakers.get(task_type, HEALTHY)
        wait = self._policy.wait(before.trips, self._random, setback.retry_after)
        probe_at = self._clock.monotonic() + wait
        after = before.failed_transiently(admission, setback.sequence, self._policy, probe_at)
        self._errors[task_type] = setback.error[:LONGEST_ERROR]
        self._keep(task_type, after)
        if task_type not in self._breakers:
            del self._errors[task_type]
            return False
        return after.state != "closed" and setback.age < OLDEST

    def undecided(self, task_type: str, admission: Admission) -> None:
        """The attempt says nothing of what lies behind: refused for good, interrupted, lost."""
        breaker = self._breakers.get(task_type)
        if breaker is not None:
            # Not shown: the next task probes at once, and nothing was learnt.
            self._breakers[task_type] = breaker.undecided(admission, self._clock.monotonic())
            self._changed.set()

    def drain(self) -> list[T]:
        """Let go of all that is held, oldest first of each type; for a worker that stops."""
        held = [item for pen in self._pens.values() for item in pen]
        self._pens.clear()
        return held

    def status(self) -> tuple[BreakerStatus, ...]:
        """Return the breakers that are not closed."""
        return tuple(self._status(task_type) for task_type in sorted(self._shown))

    async def run(self) -> None:
        """Release tasks when their time comes, until cancelled."""
        while True:
            self._changed.clear()
            wait = self._release_due()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    def _keep(self, task_type: str, breaker: Breaker) -> None:
        if breaker.is_healthy:
            self._breakers.pop(task_type, None)
            self._errors.pop(task_type, None)
        elif task_type in self._breakers or self._make_space():
            self._breakers[task_type] = breaker
        else:
            return
        if breaker.state == self._shown.get(task_type, "closed"):
            return
        status = self._status(task_type)
        if breaker.state == "closed":
            del self._shown[task_type]
            self._passed = self._passed if self._shown else 0
        else:
            if not self._shown:
                self._ill_since = self._clock.monotonic()
            self._shown[task_type] = breaker.state
        self._changed.set()
        self._hooks.changed(status)

    def _make_space(self) -> bool:
        """Forget a breaker that is closed, where there are too many."""
        if len(self._breakers) < MOST_TYPES:
            return True
        for task_type, breaker in self._breakers.items():
            if breaker.state == "closed":
                del self._breakers[task_type]
                self._errors.pop(task_type, None)
                return True
        return False

    def _status(self, task_type: str) -> BreakerStatus:
        breaker = self._breakers.get(task_type, HEALTHY)
        open_for = breaker.probe_at - self._clock.monotonic() if breaker.state == "open" else 0.0
        held = len(self._pens.get(task_type, ()))
        error = self._errors.get(task_type, "")
        return BreakerStatus(task_type, breaker.state, max(0.0, open_for), held, error)

    def _release_due(self) -> float | None:
        """Release what may run or was lost; return the seconds until the next look."""
        for task_type in tuple(self._pens):
            self._release_lost(task_type)
            if task_type not in self._pens:
                continue
            if self._breakers.get(task_type, HEALTHY).state == "closed":
                self._release(task_type, len(self._pens[task_type]))
            elif self._probe_due(task_type):
                self._candidates[task_type] = self._clock.monotonic()
                self._release(task_type, 1)
        now = self._clock.monotonic()
        waits = [self._breakers[task_type].probe_at - now for task_type in self._pens]
        return max(0.0, min([LOOK, *(wait for wait in waits if wait > 0)])) if waits else None

    def _probe_due(self, task_type: str) -> bool:
        breaker, now = self._breakers[task_type], self._clock.monotonic()
        released = self._candidates.get(task_type)
        waits_for_one = released is not None and now < released + PATIENCE
        return breaker.state == "open" and now >= breaker.probe_at and not waits_for_one

    def _release_lost(self, task_type: str) -> None:
        pen = self._pens[task_type]
        for _ in range(len(pen)):
            item = pen.popleft()
            if self._hooks.still_ours(item):
                pen.append(item)
            else:
                self._hooks.release(item)
        if not pen:
            del self._pens[task_type]

    def _release(self, task_type: str, count: int) -> None:
        pen = self._pens[task_type]
        for _ in range(min(count, len(pen))):
            self._hooks.release(pen.popleft())
        if not pen:
            del self._pens[task_type]
