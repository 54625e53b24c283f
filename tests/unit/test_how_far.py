"""How far a reading is, at which rate, and what is left."""

from __future__ import annotations

from farutech_console.operations.letters.how_far import HowFar
from farutech_console.operations.letters.selection import ScanProgress
from tests.console.moment import StillClock


def test_tells_rate_and_what_is_left() -> None:
    clock = StillClock()
    far = HowFar(clock)
    assert (far.rate, far.left) == (0.0, None)
    clock.advance(7)
    far.tell(ScanProgress(0, 0, 900))
    assert (far.rate, far.left) == (0.0, None)
    clock.advance(2)
    far.tell(ScanProgress(300, 1, 900))
    assert (far.rate, far.left) == (150.0, 4.0)
    clock.advance(1)
    assert (far.rate, far.left) == (100.0, 6.0)
    far.tell(ScanProgress(900, 1, 900))
    assert far.left is None


def test_a_second_reading_begins_anew() -> None:
    clock = StillClock()
    far = HowFar(clock)
    clock.advance(100)
    far.tell(ScanProgress(1000, 1000, 1000))
    far.tell(ScanProgress(0, 0, 500))
    clock.advance(1)
    far.tell(ScanProgress(100, 100, 500))
    assert (far.rate, far.left) == (100.0, 4.0)
