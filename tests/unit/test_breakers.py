"""Circuit breakers over a queue as the server keeps it: each delivery counts."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import structlog

from worker.model.breaker import BreakerPolicy, BreakerStatus
from worker.model.surroundings import Surroundings
from worker.runtime.breaker import (
    FIRST_HELD,
    HELD_PER_PASS,
    HELD_PER_SECOND,
    LONGEST_DOUBT,
    MOST_HELD,
    MOST_TYPES,
    OLDEST,
    Breakers,
    Hooks,
    Setback,
    most_held,
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


def test_an_outage_of_hours_costs_no_attempt() -> None:
    deliveries: list[int] = []

    def works(item: Delivered, now: float) -> bool:
        healed = now > 1000 + 4 * 3600
        if healed:
            deliveries.append(item.deliveries)
        return healed

    world = World(works)
    world.publish("provision", 300)
    world.work(5 * 3600)
    assert len(world.done) == 300
    assert set(deliveries) == {1}
    assert [change.state for change in world.changes][-1] == "closed"


def test_probes_come_one_at_a_time_and_ever_more_rarely() -> None:
    world = World(lambda _item, _now: False)
    world.publish("provision", 50)
    world.work(300)
    probes = [at for at, _ in world.runs][POLICY.failures :]
    gaps = [later - earlier for earlier, later in itertools.pairwise(probes)]
    assert all(gap >= 1 for gap in gaps)
    assert gaps[:3] == sorted(gaps[:3])
    assert max(gaps) <= POLICY.longest_wait + 1
    assert len(probes) < 25


def test_other_types_go_on_while_one_is_out() -> None:
    world = World(lambda item, _now: item.task_type == "update")
    for _ in range(400):
        world.publish("provision", 1)
        world.publish("update", 1)
    world.work(120)
    assert sum(task_type == "update" for _, task_type in world.runs) == 400
    assert world.breakers.held >= 398


def test_in_a_short_outage_of_everything_few_are_taken() -> None:
    world = World(lambda _item, _now: False)
    world.publish("provision", 5000)
    world.work(60)
    assert world.breakers.held <= FIRST_HELD + 60 * HELD_PER_SECOND
    assert world.breakers.room(10) == 0
    world.work(3600)
    assert world.breakers.held == MOST_HELD
    assert world.breakers.room(10) == 0


def test_healthy_ones_behind_many_ill_ones_get_their_turn_during_the_outage() -> None:
    world = World(lambda item, _now: item.task_type == "update")
    world.publish("provision", FIRST_HELD * 5)
    world.publish("update", 50)
    world.work(30)
    assert world.done == []
    world.work(90)
    assert len(world.done) == 50
    assert world.settled == 0


def test_one_task_that_always_fails_neither_opens_it_nor_keeps_it_open() -> None:
    world = World(lambda item, now: item.sequence != 0 and now > 1060)
    world.publish("provision", 1)
    world.work(40)
    assert world.changes == []
    world.publish("provision", 20)
    world.work(300)
    assert len(world.done) == 20


def test_a_task_about_to_expire_is_not_held_after_it_failed() -> None:
    world = World(lambda _item, _now: False, age=OLDEST)
    world.publish("provision", 20)
    world.work(3)
    assert world.settled == POLICY.failures
    assert world.breakers.held == 20 - POLICY.failures
    world.work(60)
    assert world.settled == len(world.runs) > POLICY.failures


def test_what_was_lost_while_it_was_held_is_let_go() -> None:
    world = World(lambda _item, _now: False)
    world.publish("provision", 10)
    world.work(2)
    assert world.breakers.held == 10
    for item in world.breakers._pens._of["provision"]:
        item.lost = True
    world.work(1)
    assert world.breakers.held == 0
    assert world.breakers._release_due() is None


def test_a_worker_that_stops_gets_back_all_that_is_held() -> None:
    world = World(lambda _item, _now: False)
    world.publish("provision", 10)
    world.work(2)
    held = world.breakers.held
    assert len(world.breakers.drain()) == held > 0
    assert world.breakers.held == 0


def test_the_limit_is_earned_by_those_that_get_through() -> None:
    world = World(lambda _item, _now: False)
    world.publish("provision", FIRST_HELD * 3)
    world.work(2)
    before = world.breakers.room(10_000)
    world.breakers.admit("update")
    assert world.breakers.room(10_000) == before + HELD_PER_PASS
    for _ in range(MOST_HELD):
        world.breakers.admit("update")
    assert world.breakers.room(10_000) == MOST_HELD - world.breakers.held


@pytest.mark.parametrize(
    ("max_ack_pending", "limit"), [(-1, 1000), (1000, 250), (2, 1), (10**6, 1000)]
)
def test_held_tasks_leave_the_consumer_room(max_ack_pending: int, limit: int) -> None:
    assert most_held(max_ack_pending) == limit


def test_refused_tasks_neither_open_nor_close_it_nor_are_they_told() -> None:
    world = World(lambda _item, _now: False)
    world.publish("provision", 3)
    world.work(1)
    assert [change.state for change in world.changes] == ["open"]
    world.clock.seconds += 100
    for _ in range(5):
        assert world.breakers.admit("provision") == "probe"
        assert world.breakers.admit("provision") == "hold"
        world.breakers.undecided("provision", "probe")
    assert [change.state for change in world.changes] == ["open", "half_open"]
    assert world.breakers.admit("provision") == "probe"
    world.breakers.succeeded("provision", "probe", 0.0)
    assert world.breakers.status() == ()


def test_what_is_shown_of_an_open_breaker() -> None:
    world = World(lambda _item, _now: False)
    world.publish("provision", 10)
    world.work(2)
    (status,) = world.breakers.status()
    assert (status.task_type, status.state, status.held) == (
        "provision",
        "open",
        world.breakers.held,
    )
    assert 0 < status.probe_in <= POLICY.first_wait * 1.2
    assert status.error == "connection refused"


def test_any_number_of_task_types_takes_bounded_memory() -> None:
    breakers = World(lambda _item, _now: False).breakers
    for number in range(MOST_TYPES + 500):
        breakers.failed(f"type-{number}", "run", Setback(number, 0.0, "no"))
    assert len(breakers._breakers) == MOST_TYPES
    assert len(breakers._errors) == MOST_TYPES
    for number in range(MOST_TYPES + 500):
        breakers.succeeded(f"type-{number}", "run", 0.0)
    assert not breakers._breakers
    assert not breakers._errors


def test_full_of_open_breakers_it_lets_the_rest_run() -> None:
    breakers = World(lambda _item, _now: False, policy=BreakerPolicy(failures=1)).breakers
    for number in range(MOST_TYPES):
        assert breakers.failed(f"type-{number}", "run", SETBACK) == "hold"
    assert breakers.failed("one-more", "run", SETBACK) == "settle"
    assert breakers.admit("one-more") == "run"
    assert len(breakers._errors) == MOST_TYPES


def test_off_it_never_holds() -> None:
    world = World(lambda _item, _now: False, policy=BreakerPolicy(failures=0))
    world.publish("provision", 50)
    world.work(3)
    assert len(world.backoff) == 50
    assert world.breakers.held == 0


def test_a_failed_task_among_healthy_ones_comes_again_when_its_backoff_is_over() -> None:
    world = World(lambda item, _now: item.sequence != 3 or item.deliveries > 1)
    world.publish("provision", 10)
    world.step()
    assert (world.settled, world.breakers.held) == (1, 0)
    failed_at = next(at for at, _ in world.runs)
    world.work(12)
    assert sorted(world.done) == list(range(10))
    assert world.runs[-1][0] == failed_at + BACKOFF


def test_a_failed_task_waits_no_longer_than_its_backoff_where_nothing_is_learnt() -> None:
    world = World(lambda item, _now: item.deliveries > 1)
    world.publish("provision", 1)
    world.work(int(BACKOFF))
    assert (world.settled, world.breakers.held) == (0, 1)
    world.step()
    assert (world.settled, world.breakers.held) == (1, 0)


def test_a_long_backoff_is_left_to_the_server_after_a_while() -> None:
    world = World(lambda _item, _now: False)
    world.breakers.failed("provision", "run", SETBACK)
    world.breakers.doubt("provision", Delivered(1, "provision"), 3600.0)
    world.clock.seconds += LONGEST_DOUBT
    assert world.breakers._release_due() is None
    assert len(world.unsure) == 1


def test_a_success_that_began_before_the_failure_clears_no_doubt() -> None:
    world = World(lambda _item, _now: False)
    began = world.clock.seconds
    world.publish("provision", 1)
    world.step()
    world.breakers.succeeded("provision", "run", began)
    assert world.breakers.held == 1
    world.publish("provision", POLICY.failures)
    world.step()
    assert world.settled == 0
    assert world.breakers.held == 1 + POLICY.failures


def test_a_success_of_another_type_clears_no_doubt() -> None:
    world = World(lambda item, _now: item.task_type == "update")
    world.publish("provision", 1)
    world.publish("update", 5)
    world.step()
    assert (world.settled, world.breakers.held) == (0, 1)


def test_what_is_lost_while_it_is_in_doubt_is_let_go() -> None:
    world = World(lambda _item, _now: False)
    world.publish("provision", 2)
    ill = list(world.queue)
    world.step()
    ill[0].lost = True
    world.breakers._release_due()
    assert list(world.unsure) == ill[:1]
    assert world.breakers.held == 1


def test_a_worker_that_stops_settles_what_is_in_doubt() -> None:
    world = World(lambda _item, _now: False)
    world.publish("provision", POLICY.failures - 1)
    world.step()
    assert world.breakers.drain() == []
    assert len(world.cleared) == POLICY.failures - 1
    assert world.breakers.held == 0


def test_a_worker_that_got_few_tasks_believes_another_that_the_type_is_out() -> None:
    world = World(lambda _item, _now: False)
    assert not world.breakers.out_elsewhere("provision")
    world.publish("provision", 2)
    world.step()
    assert world.breakers.out_elsewhere("provision")
    assert [(status.state, status.held) for status in world.breakers.status()] == [("open", 2)]
    assert world.breakers.out_elsewhere("provision")
    assert len(world.changes) == 1


def test_a_worker_where_the_type_works_believes_no_other() -> None:
    world = World(lambda _item, _now: True)
    world.publish("provision", 5)
    world.step()
    assert not world.breakers.out_elsewhere("provision")
    assert world.changes == []


def test_no_more_are_in_doubt_than_may_be_held() -> None:
    world = World(lambda _item, _now: False, limit=5)
    for number in range(20):
        world.publish(f"type-{number}", 1)
    world.step()
    assert world.breakers.held == 5
    assert world.settled == 15
    assert world.breakers.room(10) == 10


async def test_held_tasks_are_released_when_their_time_comes() -> None:
    loop = asyncio.get_running_loop()

    class LoopClock(HandClock):
        def monotonic(self) -> float:
            return loop.time()

    released: asyncio.Queue[str] = asyncio.Queue()
    settled: list[str] = []
    breakers: Breakers[str] = Breakers(
        BreakerPolicy(failures=1, first_wait=0.05, jitter=0.0),
        Surroundings(LoopClock(), Random(1), structlog.get_logger()),
        Hooks(
            released.put_nowait,
            settled.append,
            settled.append,
            lambda _item: True,
            lambda _status: None,
        ),
    )
    running = asyncio.create_task(breakers.run())
    try:
        began = loop.time()
        assert breakers.failed("provision", "run", SETBACK) == "hold"
        for name in ("first", "second", "third"):
            breakers.hold("provision", name)
        async with asyncio.timeout(5):
            assert await released.get() == "first"
            assert loop.time() - began >= 0.05
            assert breakers.admit("provision") == "probe"
            assert released.empty()
            breakers.succeeded("provision", "probe", 0.0)
            assert [await released.get(), await released.get()] == ["second", "third"]
    finally:
        running.cancel()
