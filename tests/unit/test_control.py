"""Rates, canaries and stops, with a clock that moves when it is told."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farutech_console.operations.model import Outcome, OutcomeKind
from farutech_console.operations.pace.bucket import Bucket
from farutech_console.operations.pace.control import Control, State
from farutech_console.operations.pace.pacing import Pacing, Rate, parse_rate, parse_share
from farutech_console.operations.pace.reasons import Reason
from tests.console.moment import StillClock


def tell(control: Control, kind: OutcomeKind, count: int = 1) -> None:
    for _ in range(count):
        control.count([Outcome(1, "t", kind)])


def state(control: Control) -> State:
    return control.progress.state


@pytest.mark.parametrize(
    ("text", "per_second"),
    [("50/s", 50), ("0.5/s", 0.5), ("30/min", 0.5), ("36 / h", 0.01), (" 2/s ", 2)],
)
def test_rates_are_read(text: str, per_second: float) -> None:
    rate = parse_rate(text)
    assert rate.per_second == pytest.approx(per_second)
    assert parse_rate(str(rate)) == rate


@pytest.mark.parametrize("text", ["", "50", "0/s", "-1/s", "50/d", "1e3/s", "x/s", "5/s/s"])
def test_what_is_no_rate_is_told_so(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate: say 50/s"):
        parse_rate(text)


def test_shares_are_read() -> None:
    assert parse_share("20%") == pytest.approx(0.2)
    assert parse_share("0.5 %") == pytest.approx(0.005)
    for text in ("20", "101%", "-1%", "a%"):
        with pytest.raises(ValueError, match="is no share"):
            parse_share(text)


@given(
    per_second=st.floats(0.1, 5000),
    steps=st.lists(st.floats(0, 3), min_size=1, max_size=60),
    most=st.integers(1, 500),
)
def test_a_bucket_never_gives_more_than_its_rate(
    per_second: float, steps: list[float], most: int
) -> None:
    bucket = Bucket(Rate(per_second), 0.0)
    now, taken = 0.0, 0
    for step in steps:
        now += step
        taken += bucket.take(most, now)
        assert taken <= 1 + per_second * now + max(1.0, per_second * 0.2)


def test_a_bucket_that_is_asked_often_keeps_its_rate() -> None:
    bucket = Bucket(parse_rate("50/s"), 0.0)
    taken = sum(bucket.take(100, number * 0.05) for number in range(1, 2001))
    assert taken == pytest.approx(50 * 100, abs=12)


def test_a_rate_is_changed_on_the_way() -> None:
    bucket = Bucket(parse_rate("1/h"), 0.0)
    assert (bucket.take(10, 0.0), bucket.take(10, 100.0)) == (1, 0)
    bucket.change(None, 100.0)
    assert bucket.take(10, 100.0) == 10
    bucket.change(parse_rate("100/s"), 100.0)
    assert bucket.take(1000, 1000.0) == 20


def test_the_pace_in_words_is_what_the_command_line_takes() -> None:
    pacing = Pacing(parse_rate("50/s"), canary=True, canary_wait=90.0, stop_share=0.2)
    assert pacing.words() == (
        *("--rate", "50/s", "--canary", "--canary-wait", "90s", "--stop-on-failure", "20%"),
    )
    assert str(pacing) == "50/s, the first one alone, stop if more than 20 % die again"
    assert Pacing().words() == ()
    assert str(Pacing()) == "as fast as it goes"


async def test_the_canary_goes_alone_and_the_others_when_it_ended_well() -> None:
    control = Control(StillClock(), Pacing(canary=True))
    control.begin(10, missing=1)
    assert await control.allow(200) == 1
    waiting = asyncio.create_task(control.allow(200))
    tell(control, "failed")  # One that could not be sent is none.
    assert await asyncio.wait_for(waiting, 10) == 1
    waiting = asyncio.create_task(control.allow(200))
    tell(control, "replayed")
    assert control.canary_is_out
    assert state(control) == "canary"
    assert control.progress.reason == Reason("waiting")
    assert not (await asyncio.wait((waiting,), timeout=0.2))[0]
    control.canary_passed()
    assert await asyncio.wait_for(waiting, 10) == 200
    assert state(control) == "running"


async def test_a_canary_that_dies_ends_the_run() -> None:
    control = Control(StillClock(), Pacing(canary=True))
    control.begin(10)
    assert await control.allow(5) == 1
    tell(control, "replayed")
    control.died_again(1)
    assert await control.allow(5) == 0
    progress = control.progress
    assert (progress.state, progress.came_back, progress.done) == ("stopping", 1, 1)
    assert progress.reason == Reason("first_died")


async def test_stops_when_too_many_of_enough_came_back() -> None:
    control = Control(StillClock(), Pacing(stop_share=0.2))
    control.begin(100)
    tell(control, "replayed", 9)
    control.died_again(5)
    assert not control.cancelled  # Nine are no sample.
    tell(control, "replayed", 16)
    control.died_again(0)
    assert not control.cancelled  # Five of twenty-five are 20 %, not more.
    control.died_again(1)
    assert state(control) == "stopping"
    assert control.progress.reason == Reason("too_many", 6, 25, 0.2)


async def test_none_may_come_back_where_the_share_is_nothing() -> None:
    control = Control(StillClock(), Pacing(stop_share=parse_share("0%")))
    control.begin(100)
    control.died_again(0)
    assert not control.cancelled
    control.died_again(1)  # Seen before its own replay is counted.
    assert state(control) == "stopping"
    assert str(control.pacing) == "as fast as it goes, stop at the first that dies again"
    assert control.pacing.words() == ("--stop-on-failure", "0%")


async def test_pause_resume_and_cancel() -> None:
    stop = False
    control = Control(StillClock(), stop=lambda: stop)
    control.begin(100)
    control.pause()
    waiting = asyncio.create_task(control.allow(50))
    assert not (await asyncio.wait((waiting,), timeout=0.2))[0]
    assert state(control) == "paused"
    control.resume()
    assert await asyncio.wait_for(waiting, 10) == 50
    stop = True
    assert await control.allow(50) == 0
    control.cancel(Reason("stopped"))
    assert control.progress.reason == Reason("cancelled")
    control.end()
    assert state(control) == "ended"


def test_speed_and_the_time_left() -> None:
    clock = StillClock()
    control = Control(clock)
    control.begin(1000)
    assert (control.progress.speed, control.progress.eta) == (0, None)
    for _ in range(10):
        clock.advance(1)
        tell(control, "replayed", 50)
    progress = control.progress
    assert progress.speed == pytest.approx(50, rel=0.1)
    assert progress.eta == pytest.approx(10, rel=0.1)
    control.change_rate(parse_rate("1/s"))
    assert control.progress.eta == pytest.approx(500, rel=0.1)
    assert control.progress.rate == parse_rate("1/s")
