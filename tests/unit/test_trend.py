"""Hours of figures in bounded memory, and curves that a terminal can draw."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from farutech_console.operations.model import FeedCounts
from farutech_console.operations.watch.trend import MOST_POINTS, Trend
from tests.console.fixed_queue import some_status
from tests.console.moment import NOW

HOUR = 3600


def trend_of(seconds: int) -> Trend:
    """Two tasks in, one out, one retried and one dead letter a second; pending counts up."""
    trend, status = Trend(), some_status()
    assert status.consumer is not None
    assert status.dead_letters is not None
    for second in range(seconds):
        trend.add(
            replace(
                status,
                taken_at=NOW + timedelta(seconds=second),
                consumer=replace(status.consumer, pending=second),
                dead_letters=replace(status.dead_letters, depth=second),
            ),
            FeedCounts(published=2 * second, succeeded=second, retrying=3 * second),
        )
    return trend


@pytest.mark.parametrize("seconds", [120, 900, HOUR, 6 * HOUR])
def test_a_curve_spans_its_time_in_few_points(seconds: int) -> None:
    points = trend_of(7 * HOUR).pending(seconds)
    assert len(points) <= MOST_POINTS * 1.6
    assert points[-1] == (0.0, float(7 * HOUR - 1))
    assert points[0][0] == pytest.approx(-seconds, rel=0.02)
    assert [at for at, _ in points] == sorted(at for at, _ in points)
    assert all(value == 7 * HOUR - 1 + at for at, value in points)


def test_memory_is_bounded() -> None:
    trend = trend_of(7 * HOUR)
    assert len(trend._samples) + len(trend._older) == 3600 + 1800
    assert trend.seconds == pytest.approx(6 * HOUR, rel=0.01)


@pytest.mark.parametrize("seconds", [900, 6 * HOUR])
def test_rates_are_the_same_however_far_one_looks_back(seconds: int) -> None:
    trend = trend_of(7 * HOUR)
    for points, expected in (
        (trend.incoming(seconds), 2.0),
        (trend.outgoing(seconds), 1.0),
        (trend.retries(seconds), 3.0),
    ):
        assert points
        assert {round(value, 6) for _, value in points} == {expected}


def test_a_curve_that_moves_on_keeps_its_points() -> None:
    before, after = trend_of(5000), trend_of(5001)
    moved = {round(at - 1) for at, _ in before.pending(HOUR)[1:-1]}
    assert moved <= {round(at) for at, _ in after.pending(HOUR)}


def test_nothing_was_seen_yet() -> None:
    assert Trend().pending(900) == []
    assert Trend().retries(900) == []
    assert trend_of(1).incoming(900) == []


def test_what_nobody_could_read_is_neither_none_nor_a_jump() -> None:
    seen = some_status()
    unread = replace(seen, consumer=None, dead_letters=None, unread={"dead_letters": "no"})
    trend = Trend()
    for second, status in enumerate([unread, seen, seen, unread]):
        trend.add(replace(status, taken_at=NOW + timedelta(seconds=second)), FeedCounts())
    assert trend.rates().pending is None
    assert trend.rates().dead_letters is None
    assert [at for at, _ in trend.pending(900)] == [-2, -1]
    assert [at for at, _ in trend.dead_letters(900)] == [-2, -1]


def test_where_there_are_no_dead_letters_yet_the_first_ones_come_in() -> None:
    seen = some_status()
    assert seen.dead_letters is not None
    first = replace(seen, dead_letters=replace(seen.dead_letters, depth=3))
    trend = Trend()
    for second, status in enumerate([replace(seen, dead_letters=None), first]):
        trend.add(replace(status, taken_at=NOW + timedelta(seconds=second)), FeedCounts())
    assert trend.rates().dead_letters == 3.0
