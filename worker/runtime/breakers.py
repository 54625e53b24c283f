"""Circuit breakers at work: an outage behind the handlers costs no task its attempts.

The attempt count is the server's delivery count, and whatever is delivered again has used one up:
a nak, with a delay or without, as much as an ack wait that ran out. A task of a type whose breaker
is open can therefore not be given back. It is held instead: kept in hand unsettled, with
in-progress signals like any running one, in no slot, until the breaker lets it run in that very
delivery. A probe that fails is held again, not settled, so that probing costs nothing either; held
tasks take turns, so that one that can never succeed does not keep the breaker open for ever.

Those that fail before it opens are in doubt: a few bad tasks, or the first of an outage? They are
kept in hand for their backoff and settled by what is learnt meanwhile. If the breaker opens, they
are held with the others. If one succeeds that began after they failed, they are given back with
what is left of their delay. Where nothing is learnt while they wait, the fleet is asked: a worker
that got few tasks opens its breaker because another's is open; else they are given back.

Tasks of all types come through one consumer, and the pull cannot choose among them. To reach the
healthy ones those of an open type must be taken and held, up to a limit that grows with the outage
(`HeldLimit`). At the limit nothing more is pulled, probes come from what is held, and what fails is
in no doubt but settled. A task older than `OLDEST` is not held once it failed: it must reach the
dead letters, which are kept, before the stream's age limit drops it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from worker.model.breaker import HEALTHY, Admission, Breaker, BreakerPolicy, BreakerStatus
from worker.model.surroundings import Surroundings
from worker.runtime.doubts import Doubt, Doubts
from worker.runtime.held_limit import MOST_HELD, HeldLimit
from worker.runtime.pens import Pens

T = TypeVar("T")

OLDEST = 24 * 3600.0
"""Seconds that a task may be old to be held after a failure; the stream drops it at 72 h."""
LONGEST_DOUBT = 60.0
"""Seconds that a failed task is in doubt at most; what is left of its delay the server waits."""
MOST_TYPES = 1000
"""Task types remembered at once; a type is forgotten when it is healthy."""
LOOK = 0.5
"""Seconds between looks at what is held: deliveries that were lost are let go."""
PATIENCE = 5.0
"""Seconds for a released task to become the probe before another is released."""
LONGEST_ERROR = 300

Verdict = Literal["hold", "doubt", "settle"]
"""What to do with a task that failed: `hold` or `doubt` it, or settle it now."""


@dataclass(frozen=True, slots=True)
class Hooks(Generic[T]):
    """What the breakers call.

    `release` takes a held task back, to be admitted again; `settle` takes one that was in doubt, to
    be settled as its failure asks, `unsure` one of whose type nothing was learnt; `still_ours` says
    whether its delivery is; `changed` hears of each change of a breaker.
    """

    release: Callable[[T], None]
    settle: Callable[[T], None]
    unsure: Callable[[T], None]
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


class Breakers(Generic[T]):
    """The breakers of all task types, and the tasks that wait for them.

    For each delivery: `admit`; then either `hold`, or the handler and exactly one of `succeeded`,
    `failed` and `undecided` with the admission that `admit` gave. `failed` may ask for a `hold` or
    a `doubt`.
    """

    def __init__(
        self,
        policy: BreakerPolicy,
        around: Surroundings,
        hooks: Hooks[T],
        most_held: int = MOST_HELD,
    ) -> None:
        """Describe the breakers. At most `most_held` tasks are held at once."""
        self._policy = policy
        self._clock = around.clock
        self._random = around.random
        self._hooks = hooks
        self._limit = HeldLimit(most_held)
        self._breakers: dict[str, Breaker] = {}
        self._errors: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self._pens: Pens[T] = Pens()
        self._doubts: Doubts[T] = Doubts()
        self._candidates: dict[str, float] = {}
        self._changed = asyncio.Event()

    @property
    def held(self) -> int:
        """How many tasks wait for a breaker, those in doubt included."""
        return len(self._pens) + len(self._doubts)

    def room(self, wanted: int) -> int:
        """Return how many deliveries may be asked for where there would be room for `wanted`.

        Held tasks are not to be counted as taking room: they take none.
        """
        if not self._shown and not self._pens:
            return wanted
        return max(0, min(wanted, self._most_held_now - self.held))

    def admit(self, task_type: str) -> Admission:
        """Return what becomes of a task of this type that could run now."""
        breaker = self._breakers.get(task_type)
        if breaker is None:
            if self._shown:
                self._limit.one_passed()
            return "run"
        breaker, admission = breaker.admit(self._clock.monotonic())
        if admission == "probe":
            self._candidates.pop(task_type, None)
            self._keep(task_type, breaker)
        return admission

    def hold(self, task_type: str, item: T) -> None:
        """Keep a task until it is released; it is the caller's again then."""
        self._candidates.pop(task_type, None)
        self._pens.add(task_type, item)
        self._changed.set()

    def doubt(self, task_type: str, item: T, seconds: float) -> None:
        """Keep a failed task until its type is known to be out, or not, or `seconds` have passed.

        It is held then, or the caller's again to be settled.
        """
        if self._is_open(task_type):
            self.hold(task_type, item)
            return
        now = self._clock.monotonic()
        self._doubts.add(task_type, Doubt(item, now, now + min(seconds, LONGEST_DOUBT)))
        self._changed.set()

    def succeeded(self, task_type: str, admission: Admission, began: float) -> None:
        """The handler did its work, which it began at `began`, in monotonic seconds."""
        breaker = self._breakers.get(task_type)
        if breaker is not None:
            self._keep(
                task_type, breaker.succeeded(admission, self._policy, self._clock.monotonic())
            )
        if self._doubts:
            for item in self._doubts.take_cleared(task_type, began):
                self._hooks.settle(item)

    def failed(self, task_type: str, admission: Admission, setback: Setback) -> Verdict:
        """The handler failed in a way that may pass; return what to do with the task."""
        if self._policy.failures < 1:
            return "settle"
        before = self._breakers.get(task_type, HEALTHY)
        wait = self._policy.wait(before.trips, self._random, setback.retry_after)
        probe_at = self._clock.monotonic() + wait
        after = before.failed_transiently(admission, setback.sequence, self._policy, probe_at)
        self._errors[task_type] = setback.error[:LONGEST_ERROR]
        self._keep(task_type, after)
        if task_type not in self._breakers:
            del self._errors[task_type]
            return "settle"
        if setback.age >= OLDEST:
            return "settle"
        if after.state != "closed":
            return "hold"
        return "doubt" if self.held < self._most_held_now else "settle"

    def out_elsewhere(self, task_type: str) -> bool:
        """Another worker's breaker of this type is open; return whether ours is now.

        It is not where the type works here.
        """
        before = self._breakers.get(task_type, HEALTHY)
        wait = self._policy.wait(before.trips, self._random)
        self._keep(task_type, before.out_elsewhere(self._clock.monotonic() + wait))
        return self._is_open(task_type)

    def undecided(self, task_type: str, admission: Admission) -> None:
        """The attempt says nothing of what lies behind: refused for good, interrupted, lost."""
        breaker = self._breakers.get(task_type)
        if breaker is not None:
            # Not shown: the next task probes at once, and nothing was learnt.
            self._breakers[task_type] = breaker.undecided(admission, self._clock.monotonic())
            self._changed.set()

    def drain(self) -> list[T]:
        """Let go of all that is held, oldest first of each type; for a worker that stops.

        What is in doubt is settled.
        """
        for item in self._doubts.drain():
            self._hooks.settle(item)
        return self._pens.drain()

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
            if not self._shown:
                self._limit.outage_ended()
        else:
            if not self._shown:
                self._limit.outage_began(self._clock.monotonic())
            self._shown[task_type] = breaker.state
            for item in self._doubts.take(task_type):
                self.hold(task_type, item)
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
        held = self._pens.count(task_type)
        error = self._errors.get(task_type, "")
        return BreakerStatus(task_type, breaker.state, max(0.0, open_for), held, error)

    def _release_due(self) -> float | None:
        """Release what may run, was lost or doubted for long; return the seconds until more is."""
        now, still_ours = self._clock.monotonic(), self._hooks.still_ours
        self._release(self._pens.take_where(lambda item: not still_ours(item)))
        for task_type in self._pens.task_types:
            if not self._is_open(task_type):
                self._release(self._pens.take(task_type, self._pens.count(task_type)))
            elif self._probe_due(task_type):
                self._candidates[task_type] = now
                self._release(self._pens.take(task_type, 1))
        for item in self._doubts.take_over(now, still_ours):
            self._hooks.unsure(item)
        due = [self._breakers[task_type].probe_at for task_type in self._pens.task_types]
        if (first_end := self._doubts.first_end) is not None:
            due.append(first_end)
        return min([LOOK, *(at - now for at in due if at > now)]) if due else None

    @property
    def _most_held_now(self) -> int:
        return self._limit.at(self._clock.monotonic())

    def _is_open(self, task_type: str) -> bool:
        return self._breakers.get(task_type, HEALTHY).state != "closed"

    def _probe_due(self, task_type: str) -> bool:
        breaker, now = self._breakers[task_type], self._clock.monotonic()
        released = self._candidates.get(task_type)
        waits_for_one = released is not None and now < released + PATIENCE
        return breaker.state == "open" and now >= breaker.probe_at and not waits_for_one

    def _release(self, items: list[T]) -> None:
        for item in items:
            self._hooks.release(item)
