"""The mouse does what the keys do."""

from __future__ import annotations

from textual import events
from textual.pilot import Pilot

from farutech_console.tui.common.table import WHEEL_ROWS, VirtualTable
from farutech_console.tui.common.textview import TextView
from farutech_console.tui.dlq.beside import CausesBeside
from tests.console.driving import console, does_not_see, eventually, screen_text, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_letters import some_letters


async def wheel(pilot: Pilot[None], where: str) -> None:
    """Turn the wheel a notch towards oneself."""
    await pilot._post_mouse_events([events.MouseScrollDown], where, (5, 5))


def heading(pilot: Pilot[None], name: str) -> tuple[int, int]:
    """Return where in the table this heading is."""
    line = next(line for line in screen_text(pilot).splitlines() if "died" in line)
    return line.index(name), 0


async def test_a_click_on_a_heading_sorts_by_it_and_again_turns_it_round() -> None:
    async with console(FixedBackend(letters=some_letters(5)), room="3") as pilot:
        await sees(pilot, "seq▼")
        await pilot.click("#table", offset=heading(pilot, "tenant"))
        await sees(pilot, "tenant▲")
        await pilot.click("#table", offset=heading(pilot, "tenant"))
        await sees(pilot, "tenant▼")
        await pilot.click("#table", offset=heading(pilot, "tries"))
        await sees(pilot, "tries▼")
        await pilot.click("#table", offset=(0, 0))
        await sees(pilot, "tries▼")


async def test_the_wheel_moves_through_a_list_and_an_open_letter() -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await sees(pilot, "90412")
        table = pilot.app.screen.query_one("#table", VirtualTable)
        await wheel(pilot, "#table")
        assert table.cursor == 90_412 - 3 * WHEEL_ROWS
        await pilot.click("#table", offset=(8, 3), times=2)
        await sees(pilot, "enter folds")
        view = pilot.app.screen.query_one("#letter", TextView)
        await eventually(pilot, lambda: view.max_scroll_y > 0, "it is longer than its view")
        await wheel(pilot, "#letter")
        await eventually(pilot, lambda: view.scroll_offset.y > 0, "it scrolls")


async def test_a_click_on_a_button_and_on_what_the_foot_leaves_out() -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("r")
        await sees(pilot, "Replay 1 dead letter")
        await pilot.click("#cancel")
        await does_not_see(pilot, "Replay 1 dead letter")
        foot = screen_text(pilot).splitlines()[-2]
        await pilot.click("KeyBar", offset=(foot.index("…"), 0))
        await sees(pilot, "mark the letter")


async def test_a_click_on_the_trail_leads_back_there() -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("enter")
        await sees(pilot, "▸ seq 90412")
        header = screen_text(pilot).splitlines()[0]
        await pilot.click("Header", offset=(header.index("seq 90412"), 0))
        await sees(pilot, "▸ seq 90412")
        await pilot.click("Header", offset=(header.index("Dead letters"), 0))
        await does_not_see(pilot, "▸ seq 90412")
        await pilot.press("enter")
        await sees(pilot, "▸ seq 90412")
        await pilot.click("Header", offset=(header.index("PROVISIONING"), 0))
        await sees(pilot, "▸ Overview")


async def test_a_click_on_the_trail_leads_back_out_of_the_causes_and_the_filter() -> None:
    async with console(FixedBackend(), size=(160, 48), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("colon", *"filter type:migrate", "enter")
        await sees(pilot, "▸ type:migrate")
        beside = pilot.app.screen.query_one(CausesBeside)
        beside.focus_list()
        await eventually(pilot, lambda: beside.has_focus_within, "the causes have the focus")
        header = screen_text(pilot).splitlines()[0]
        await pilot.click("Header", offset=(header.index("Dead letters"), 0))
        await does_not_see(pilot, "▸ type:migrate")
