"""The retry policy: the schedule, its bounds, and which settlement follows from which failure."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model.retry import (
    DEFAULT_ATTEMPTS,
    Bury,
    Failure,
    Retry,
    RetryPolicy,
    attempts_allowed,
)

PLAIN = RetryPolicy(jitter=0.0)
ATTEMPTS = st.integers(min_value=-(2**70), max_value=2**70)
SEEDS = st.integers(min_value=0, max_value=2**32)
POLICIES = st.builds(
    RetryPolicy,
    base=st.floats(0.001, 1000),
    factor=st.floats(1, 10),
    cap=st.floats(0.001, 10_000),
    jitter=st.floats(0, 1),
)


class Fixed(Random):
    """Chance that always says the same, from 0 to 1."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self._value = value

    def random(self) -> float:
        return self._value


def test_the_schedule() -> None:
    delays = [PLAIN.delay(attempt, Random(1)) for attempt in range(1, 8)]
    assert delays == [10, 20, 40, 80, 160, 300, 300]


@given(st.integers(1, 5), SEEDS)
def test_jitter_stays_within_a_fifth_either_way(attempt: int, seed: int) -> None:
    planned = 10 * 2 ** (attempt - 1)
    assert 0.8 * planned <= RetryPolicy().delay(attempt, Random(seed)) <= 1.2 * planned


@pytest.mark.parametrize(("chance", "expected"), [(0.0, 8.0), (0.5, 10.0), (1.0, 12.0)])
def test_jitter_reaches_both_ends(chance: float, expected: float) -> None:
    assert RetryPolicy().delay(1, Fixed(chance)) == pytest.approx(expected)


def test_the_cap_comes_last() -> None:
    assert RetryPolicy().delay(6, Fixed(1.0)) == 300
    assert RetryPolicy(base=290).delay(1, Fixed(1.0)) == 300


@given(POLICIES, ATTEMPTS, SEEDS)
def test_no_delay_is_ever_longer_than_the_cap_or_negative(
    policy: RetryPolicy, attempt: int, seed: int
) -> None:
    assert 0 <= policy.delay(attempt, Random(seed)) <= policy.cap


@given(st.integers(min_value=6, max_value=2**70), SEEDS)
def test_huge_attempts_wait_about_as_long_as_the_cap(attempt: int, seed: int) -> None:
    assert 240 <= RetryPolicy().delay(attempt, Random(seed)) <= 300


@given(st.integers(1, 40), SEEDS, st.floats(0.001, 100))
def test_a_scaled_policy_keeps_its_shape(attempt: int, seed: int, scale: float) -> None:
    whole = RetryPolicy().delay(attempt, Random(seed))
    scaled = RetryPolicy().scaled(scale).delay(attempt, Random(seed))
    assert scaled == pytest.approx(whole * scale)


@given(st.integers(1, 100), st.integers(1, 100), SEEDS)
def test_a_transient_failure_is_tried_again_until_the_attempts_are_used(
    attempt: int, allowed: int, seed: int
) -> None:
    settled = PLAIN.settle(Failure("transient"), attempt, allowed, Random(seed))
    if attempt < allowed:
        assert settled == Retry(PLAIN.delay(attempt, Random(seed)))
    else:
        assert settled == Bury("attempts_exhausted")


@given(st.integers(1, 100), st.integers(1, 100))
def test_a_permanent_failure_is_never_tried_again(attempt: int, allowed: int) -> None:
    failure = Failure("permanent", retry_after=1.0)
    assert PLAIN.settle(failure, attempt, allowed, Random(1)) == Bury("permanent")


def test_the_handlers_own_delay_counts_but_not_beyond_the_attempts() -> None:
    assert PLAIN.settle(Failure("transient", 700.0), 1, 5, Random(1)) == Retry(700.0)
    assert PLAIN.settle(Failure("transient", -3.0), 1, 5, Random(1)) == Retry(0.0)
    assert PLAIN.settle(Failure("transient", 7.0), 5, 5, Random(1)) == Bury("attempts_exhausted")


@pytest.mark.parametrize(
    ("max_retries", "max_deliver", "allowed"),
    [
        (5, 5, 5),
        (3, 5, 3),
        (50, 5, 5),
        (None, 7, 7),
        (0, 5, 1),
        (-4, 5, 1),
        (9, -1, 9),
        (None, -1, DEFAULT_ATTEMPTS),
        (None, 0, DEFAULT_ATTEMPTS),
    ],
)
def test_attempts_allowed(max_retries: int | None, max_deliver: int, allowed: int) -> None:
    assert attempts_allowed(max_retries, max_deliver) == allowed


@given(st.none() | st.integers(), st.integers(min_value=1))
def test_a_task_never_waits_for_a_delivery_that_does_not_come(
    max_retries: int | None, max_deliver: int
) -> None:
    assert 1 <= attempts_allowed(max_retries, max_deliver) <= max_deliver
