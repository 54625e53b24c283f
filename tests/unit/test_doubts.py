"""Failed tasks in doubt: settled or held by what is learnt meanwhile."""

from __future__ import annotations

from tests.support.outages import BACKOFF, POLICY, SETBACK, Delivered, World
from worker.runtime.breakers import LONGEST_DOUBT


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
