from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from worker.model.breaker import HEALTHY, Admission, Breaker, BreakerPolicy

POLICY = BreakerPolicy(failures=3, first_wait=2.0, factor=2.0, longest_wait=60.0)


def opened(policy: BreakerPolicy = POLICY, probe_at: float = 2.0) -> Breaker:
    breaker = HEALTHY
    for sequence in range(policy.failures):
        breaker = breaker.failed_transiently("run", sequence, policy, probe_at)
    assert breaker.state == "open"
    return breaker


def test_it_opens_after_so_many_different_tasks_failed_in_a_row() -> None:
    breaker = HEALTHY
    for sequence in (1, 2, 2, 1, 2):
        breaker = breaker.failed_transiently("run", sequence, POLICY, 9.0)
        assert breaker.state == "closed"
    assert breaker.failed_transiently("run", 3, POLICY, 9.0).state == "open"


def test_a_success_breaks_the_row() -> None:
    breaker = HEALTHY
    for sequence in range(20):
        breaker = breaker.failed_transiently("run", sequence, POLICY, 9.0)
        if sequence % 2:
            breaker = breaker.succeeded("run", POLICY, 0.0)
    assert breaker.is_healthy


def test_open_it_holds_until_it_is_time_and_then_lets_one_probe() -> None:
    breaker = opened(probe_at=2.0)
    assert breaker.admit(1.9) == (breaker, "hold")
    half, admission = breaker.admit(2.0)
    assert (half.state, admission) == ("half_open", "probe")
    assert half.admit(1000.0) == (half, "hold")


def test_a_probe_that_succeeds_closes_it() -> None:
    half, _ = opened().admit(2.0)
    closed = half.succeeded("probe", POLICY, 2.5)
    assert closed.admit(2.5) == (closed, "run")


def test_what_closed_just_now_remembers_its_waits_until_it_proved_itself() -> None:
    half, _ = opened().admit(2.0)
    breaker = half.succeeded("probe", POLICY, 2.5)
    assert breaker.trips == 1
    again = breaker
    for sequence in range(3):
        again = again.failed_transiently("run", sequence, POLICY, 9.0)
    assert (again.state, again.trips) == ("open", 2)
    for _ in range(POLICY.failures):
        breaker = breaker.succeeded("run", POLICY, 3.0)
    assert breaker.is_healthy


def test_late_results_of_tasks_begun_before_decide_nothing() -> None:
    breaker = opened(probe_at=50.0)
    assert breaker.failed_transiently("run", 99, POLICY, 99.0) == breaker
    hurried = breaker.succeeded("run", POLICY, 10.0)
    assert hurried.admit(10.0)[1] == "probe"
    half, _ = hurried.admit(10.0)
    assert half.succeeded("run", POLICY, 11.0) == half
    assert half.failed_transiently("run", 98, POLICY, 99.0) == half


def test_an_undecided_probe_has_the_next_task_probe_at_once() -> None:
    half, _ = opened().admit(2.0)
    breaker = half.undecided("probe", 3.0)
    assert breaker.admit(3.0)[1] == "probe"
    assert breaker.trips == half.trips
    assert HEALTHY.undecided("run", 3.0) == HEALTHY


def test_with_no_failures_allowed_it_is_off() -> None:
    off = BreakerPolicy(failures=0)
    assert HEALTHY.failed_transiently("run", 1, off, 1.0) == HEALTHY


@given(
    trips=st.integers(0, 10**6),
    seed=st.integers(),
    jitter=st.floats(0, 1),
    longest=st.floats(0.01, 1e6),
    retry_after=st.none() | st.floats(0, 1e9),
)
def test_no_wait_is_longer_than_the_longest(
    trips: int, seed: int, jitter: float, longest: float, retry_after: float | None
) -> None:
    policy = BreakerPolicy(first_wait=2.0, longest_wait=longest, jitter=jitter)
    assert 0 <= policy.wait(trips, Random(seed), retry_after) <= longest


def test_waits_grow_and_obey_who_asks_for_more() -> None:
    policy = BreakerPolicy(first_wait=1.0, factor=3.0, longest_wait=20.0, jitter=0.0)
    assert [policy.wait(trips, Random(0)) for trips in range(5)] == [1, 3, 9, 20, 20]
    assert policy.wait(0, Random(0), 7.5) == 7.5
    assert policy.wait(2, Random(0), 1.0) == 9
    assert policy.wait(0, Random(0), 1e9) == 20
    assert policy.scaled(0.1).wait(2, Random(0)) == pytest.approx(0.9)


class AnyHistory(RuleBasedStateMachine):
    """Whatever happens in whatever order: one probe at most, and never a way out of its life."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = HEALTHY
        self.now = 0.0
        self.next_sequence = 0
        self.running: list[tuple[Admission, int]] = []
        self.row: set[int] = set()

    @rule()
    def begin(self) -> None:
        before = self.breaker
        self.breaker, admission = before.admit(self.now)
        if before.state == "open" and self.now < before.probe_at:
            assert admission == "hold"
        if before.state == "closed":
            assert admission == "run"
        if admission != "hold":
            self.running.append((admission, self.next_sequence))
            self.next_sequence += 1

    @rule(seconds=st.floats(0, 100))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.running)
    @rule(data=st.data(), outcome=st.sampled_from(["succeeded", "failed", "undecided"]))
    def end(self, data: st.DataObject, outcome: str) -> None:
        index = data.draw(st.integers(0, len(self.running) - 1))
        admission, sequence = self.running.pop(index)
        was_closed = self.breaker.state == "closed"
        if outcome == "succeeded":
            self.breaker = self.breaker.succeeded(admission, POLICY, self.now)
            self.row = set()
        elif outcome == "failed":
            self.row.add(sequence)
            self.breaker = self.breaker.failed_transiently(
                admission, sequence, POLICY, self.now + 5
            )
            if was_closed and self.breaker.state == "open":
                assert len(self.row) >= POLICY.failures
        else:
            self.breaker = self.breaker.undecided(admission, self.now)
        if was_closed and outcome != "failed":
            assert self.breaker.state == "closed"

    @invariant()
    def one_probe_at_most_and_only_half_open(self) -> None:
        probes = sum(admission == "probe" for admission, _ in self.running)
        assert probes == (self.breaker.state == "half_open")

    @invariant()
    def it_heals_when_what_lies_behind_heals(self) -> None:
        if any(admission == "probe" for admission, _ in self.running):
            return
        breaker, admission = self.breaker.admit(max(self.now, self.breaker.probe_at))
        for _ in range(POLICY.failures + 1):
            breaker = breaker.succeeded(admission, POLICY, self.now)
            breaker, admission = breaker.admit(self.now)
        assert breaker.is_healthy


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=50, stateful_step_count=40)
