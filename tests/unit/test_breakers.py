"""Circuit breakers over a queue as the server keeps it: each delivery counts."""

from __future__ import annotations

import asyncio
import itertools
from random import Random

import pytest
import structlog

from tests.support.outages import POLICY, SETBACK, Delivered, HandClock, World
from worker.model.breaker import BreakerPolicy
from worker.model.surroundings import Surroundings
from worker.runtime.breakers import MOST_TYPES, OLDEST, Breakers, Hooks, Setback
from worker.runtime.held_limit import (
    FIRST_HELD,
    HELD_PER_PASS,
    HELD_PER_SECOND,
    MOST_HELD,
    most_held,
)


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
