"""What the console writes to a terminal beside its picture, and what it reads beside keys."""

from __future__ import annotations

import base64
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.terminal import Terminal, in_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")

CALLING = """
import sys
from farutech_console.tui.app import run_console
from farutech_console.tui.preferences import Preferences
from tests.console.fixed import FixedBackend
from tests.console.moment import StillClock

wanted = Preferences(call=sys.argv[1], call_stuck=1)
sys.exit(run_console(FixedBackend(), clock=StillClock(), preferences=lambda: wanted))
"""
_INDEXED = re.compile(rb"[34]8;5;(\d+)")
_DIRECT = re.compile(rb"[34]8;2;(\d+);(\d+);(\d+)")
_NAMED = re.compile(rb"\x1b\[(?:[\d;]+;)?([349][1-6])m")


@contextmanager
def fixed(call: str = "off", **variables: str) -> Iterator[Terminal]:
    """A console with fixed data at 80 by 24, its figures on the screen."""
    command = [sys.executable, "-c", CALLING, call]
    with in_terminal(command, {**os.environ, **variables}, columns=80, rows=24) as (terminal, _):
        terminal.wait_for("PROVISIONING")
        terminal.wait_for("3 tasks stuck")
        yield terminal


def is_grey(index: int) -> bool:
    """Whether one of the 256 colours is: of the cube, and of the ramp behind it."""
    red, green, blue = (index - 16) // 36, (index - 16) // 6 % 6, (index - 16) % 6
    return index in (0, 7, 8, 15) or index >= 232 or (index >= 16 and red == green == blue)


def test_a_copy_goes_through_the_terminal_and_a_click_goes_to_a_room() -> None:
    with fixed() as terminal:
        row = 1 + next(
            at for at, line in enumerate(terminal.text().splitlines()) if "3 Dead letters" in line
        )
        terminal.send(f"\x1b[<0;24;{row}M\x1b[<0;24;{row}m")
        terminal.wait_for("90412")
        terminal.send("y")
        terminal.wait_for(lambda _: b"\x1b]52;" in terminal.raw)
        (copied,) = re.findall(rb"\x1b\]52;c;([^\x07]+)\x07", terminal.raw)
        assert base64.b64decode(copied) == b"7bea0a77-2dc6-4b53-bdfb-000000090412"


def rings(terminal: Terminal) -> bool:
    """Whether the bell rang: its sign also ends commands to the terminal."""
    return b"\x07" in re.sub(rb"\x1b\][^\x07]*\x07", b"", bytes(terminal.raw))


def test_who_looks_elsewhere_is_called() -> None:
    with fixed("desktop") as terminal:
        terminal.wait_for(lambda _: b"\x1b]9;PROVISIONING: 3 tasks stuck\x07" in terminal.raw)
        assert not rings(terminal)
    with fixed("bell") as terminal:
        terminal.wait_for(lambda _: rings(terminal))
        assert b"\x1b]9;" not in terminal.raw


def test_nobody_is_called_who_did_not_ask() -> None:
    with fixed() as terminal:
        terminal.send("4")
        terminal.wait_for("3 report")
        assert not rings(terminal)
        assert b"\x1b]9;" not in terminal.raw


def test_no_color_leaves_greys() -> None:
    with fixed(NO_COLOR="1", COLORTERM="") as terminal:
        for room, shown in (("3", "90412"), ("4", "3 report"), ("5", "4 changes")):
            terminal.send(room)
            terminal.wait_for(shown)
        indexed = {int(index) for index in _INDEXED.findall(bytes(terminal.raw))}
        assert indexed or _DIRECT.search(terminal.raw)
        assert [index for index in indexed if not is_grey(index)] == []
        assert all(len(set(channels)) == 1 for channels in _DIRECT.findall(bytes(terminal.raw)))
        assert _NAMED.findall(bytes(terminal.raw)) == []
