"""The line that tells how far it is: on a terminal only, not at once, and gone when all is said."""

from __future__ import annotations

import io
import sys

import pytest

from farutech_console.commands.scan_line import ScanLine
from farutech_console.operations.letters.selection import ScanProgress
from tests.console.moment import StillClock


class Screen(io.StringIO):
    """Standard error that is a terminal or not."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def test_tells_how_far_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, clock = Screen(terminal=True), StillClock()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "100")
    line = ScanLine(clock)
    line.read(ScanProgress(1_000, 10, 60_000))
    assert screen.getvalue() == ""
    clock.advance(2)
    line.read(ScanProgress(20_000, 10, 60_000))
    line.read(ScanProgress(20_250, 10, 60_000))
    shown = "20,000 of 60,000 read, 10 match, 10,000/s, 4 s left"
    assert screen.getvalue() == f"\r\x1b[K{shown}"
    line.clear()
    line.clear()
    assert screen.getvalue().endswith(f"{shown}\r\x1b[K")


def test_is_never_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, clock = Screen(terminal=True), StillClock()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "30")
    line = ScanLine(clock)
    clock.advance(2)
    line.read(ScanProgress(20_000, 10, 60_000))
    assert screen.getvalue() == "\r\x1b[K20,000 of 60,000 read, 10 ma…"


def test_says_nothing_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, clock = Screen(terminal=False), StillClock()
    monkeypatch.setattr(sys, "stderr", screen)
    line = ScanLine(clock)
    clock.advance(5)
    line.read(ScanProgress(1, 1, 2))
    line.clear()
    assert screen.getvalue() == ""
