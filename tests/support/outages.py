"""A world of tasks, outages and one worker, for the breakers at work."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import structlog

from worker.model.breaker import BreakerPolicy, BreakerStatus
from worker.model.surroundings import Surroundings
from worker.runtime.breakers import Breakers, Hooks, Setback
from worker.runtime.held_limit import (
    MOST_HELD,
)

BACKOFF = 10.0
POLICY = BreakerPolicy(failures=3, first_wait=2.0, longest_wait=30.0)
SETBACK = Setback(1, 0.0, "connection refused")


class HandClock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class Delivered:
    """A task in hand. `deliveries` is how often the server handed it out."""

    sequence: int
    task_type: str
    deliveries: int = 1
    lost: bool = False
    due: float = 0.0


@dataclass
class World:
    """A worker that takes tasks one after the other from a queue in memory, with `Breakers`."""

    works: Callable[[Delivered, float], bool]
    policy: BreakerPolicy = POLICY
    limit: int = MOST_HELD
    age: float = 0.0
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        self.queue: deque[Delivered] = deque()
        self.released: deque[Delivered] = deque()
        self.cleared: deque[Delivered] = deque()
        self.unsure: deque[Delivered] = deque()
        self.backoff: list[tuple[float, Delivered]] = []
        self.done: list[int] = []
        self.settled = 0
        self.sequences = itertools.count()
        self.runs: list[tuple[float, str]] = []
        self.changes: list[BreakerStatus] = []
        self.breakers: Breakers[Delivered] = Breakers(
            self.policy,
            Surroundings(self.clock, Random(1), structlog.get_logger()),
            Hooks(
                self.released.append,
                self.cleared.append,
                self.unsure.append,
                lambda item: not item.lost,
                self.changes.append,
            ),
            self.limit,
        )

    def publish(self, task_type: str, count: int) -> None:
        self.queue.extend(Delivered(next(self.sequences), task_type) for _ in range(count))

    def step(self) -> None:
        """One second of work: what is due comes back, and all that may run runs."""
        self.clock.seconds += 1.0
        due = [item for at, item in self.backoff if at <= self.clock.seconds]
        self.backoff = [entry for entry in self.backoff if entry[0] > self.clock.seconds]
        for item in due:
            item.deliveries += 1
            self.queue.append(item)
        self.breakers._release_due()
        while self.released:
            self._run(self.released.popleft())
        while self.queue and self.breakers.room(1):
            self._run(self.queue.popleft())
        for over in (self.cleared, self.unsure):
            while over:
                self._settle(over.popleft())

    def _run(self, item: Delivered) -> None:
        if item.lost:
            return
        admission = self.breakers.admit(item.task_type)
        if admission == "hold":
            self.breakers.hold(item.task_type, item)
            return
        self.runs.append((self.clock.seconds, item.task_type))
        if self.works(item, self.clock.seconds):
            self.breakers.succeeded(item.task_type, admission, self.clock.seconds)
            self.done.append(item.sequence)
            return
        item.due = self.clock.seconds + BACKOFF
        setback = Setback(item.sequence, self.age, "connection refused")
        match self.breakers.failed(item.task_type, admission, setback):
            case "hold":
                self.breakers.hold(item.task_type, item)
            case "doubt":
                self.breakers.doubt(item.task_type, item, BACKOFF)
            case "settle":
                self._settle(item)

    def _settle(self, item: Delivered) -> None:
        self.settled += 1
        self.backoff.append((item.due, item))

    def work(self, seconds: int) -> None:
        for _ in range(seconds):
            self.step()
