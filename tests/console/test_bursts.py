"""Keys that a terminal hands over all at once: each has its effect before the next is taken."""

from __future__ import annotations

import os
import sys

import pytest
from textual import events
from textual.widgets import TextArea

from farutech_console.tui.common.commandbar import CommandBar
from farutech_console.tui.common.field import Area
from farutech_console.tui.keysinorder import PATIENCE_S, KeysInOrder
from tests.console.driving import console, eventually, sees
from tests.console.fixed import FixedBackend
from tests.support.terminal import in_terminal

FIXED = """
import sys
from farutech_console.tui.app import run_console
from tests.console.fixed import FixedBackend
from tests.console.fixed_queue import some_events
from tests.console.moment import StillClock
sys.exit(run_console(FixedBackend(events=some_events()), clock=StillClock()))
"""


BURSTS = (
    ("3/tenant:acme-corp-1\rjj\r", "▸ tenant:acme-corp-1 ▸ seq"),
    ("2/000042\r", "1 with «000042»"),
    (":workers\rj:audit\r", "4 changes"),
    ("1:filter tenant:acme-corp-2\r", "10 with tenant:acme-corp-2"),
    ("1?q4", "3 report"),
    ("/\x1b[200~node-2\x1b[201~\r", "1 with «node-2»"),
    ("1:\x1b[200~filter tenant:acme-corp-3\x1b[201~\r", "10 with tenant:acme-corp-3"),
)
"""What is typed at once, and what is seen then."""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_what_is_typed_at_once_goes_where_it_belongs() -> None:
    with in_terminal([sys.executable, "-c", FIXED], os.environ) as (terminal, _):
        terminal.wait_for("12,210")
        for keys, shown in BURSTS:
            terminal.send(keys)
            terminal.wait_for(shown, 10)


async def test_a_key_that_nobody_gives_back_holds_up_no_other() -> None:
    async with console(FixedBackend()) as pilot:
        app = pilot.app
        assert isinstance(app, KeysInOrder)
        app._sent = events.Key("x", "x")  # sent, and never seen again
        late = events.Key("4", "4")
        late.time += PATIENCE_S + 0.1
        app.post_message(late)
        await sees(pilot, "3 report")


async def test_a_text_takes_nothing_that_a_terminal_obeys() -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("n")
        await sees(pilot, "Everybody sees it")
        area = pilot.app.screen.query_one(TextArea)
        assert isinstance(area, Area)
        pilot.app.post_message(events.Paste("one\r\n\ttwo \x1b[31m\u202ethree"))
        await eventually(pilot, lambda: "three" in area.text, "it is pasted")
        assert area.text.splitlines() == ["one", r"        two \x1b[31m\u202ethree"]


async def test_a_command_bar_that_is_closed_closes_nothing_else() -> None:
    async with console(FixedBackend()) as pilot:
        await pilot.press("colon")
        bar = pilot.app.screen
        assert isinstance(bar, CommandBar)
        bar.dismiss(None)
        await eventually(pilot, lambda: pilot.app.screen is not bar, "the bar is closed")
        bar.dismiss(None)
        await sees(pilot, "● live")
