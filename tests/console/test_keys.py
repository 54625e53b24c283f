"""Every key of the table does what its help says."""

from __future__ import annotations

import pytest
from textual.binding import Binding

from farutech_console.tui.common.help import COLUMN, help_lines
from farutech_console.tui.common.spans import text_of
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.dlq.letterview import LetterView
from farutech_console.tui.keys import KEYS, bindings, keys_of
from farutech_console.tui.preferences import Preferences
from tests.console.driving import app_of, console, does_not_see, eventually, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_letters import some_letters
from tests.console.fixed_queue import some_events


async def test_digits_go_to_the_rooms() -> None:
    async with console(FixedBackend()) as pilot:
        await sees(pilot, "Consumer provisionin")
        await pilot.press("2")
        await sees(pilot, "No task event")
        await pilot.press("3")
        await sees(pilot, "Dead letters · 40")
        await pilot.press("1")
        await sees(pilot, "ack floor")


async def test_q_leaves_with_0_and_closes_the_backend() -> None:
    backend = FixedBackend()
    async with console(backend) as pilot:
        await pilot.press("q")
        await eventually(pilot, lambda: not pilot.app.is_running, "the app ended")
    assert (backend.entered, backend.left) == (1, 1)
    assert not app_of(pilot).return_code


@pytest.mark.parametrize("closing", ["escape", "question_mark", "q", "enter"])
async def test_question_mark_shows_the_keys(closing: str) -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await pilot.press("question_mark")
        await sees(pilot, "delete the marked letters")
        await pilot.press(closing)
        await does_not_see(pilot, "delete the marked letters")


async def test_the_palette_opens() -> None:
    async with console(FixedBackend()) as pilot:
        await pilot.press("ctrl+p")
        await sees(pilot, "Search for commands")
        await pilot.press("escape")
        await does_not_see(pilot, "Search for commands")


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        (["j"], 1),
        (["down", "down"], 2),
        (["j", "k"], 0),
        (["j", "up"], 0),
        (["G"], 39),
        (["end"], 39),
        (["G", "g"], 0),
        (["end", "home"], 0),
        (["pagedown"], 19),
        (["ctrl+f"], 19),
        (["pagedown", "pageup"], 0),
        (["ctrl+f", "ctrl+b"], 0),
        (["k"], 0),
        (["G", "j"], 39),
    ],
)
async def test_keys_move_the_cursor_in_a_table(keys: list[str], row: int) -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press(*keys)
        table = pilot.app.screen.query_one(VirtualTable)
        await eventually(pilot, lambda: table.cursor == 90_412 - 3 * row, f"row {row}")


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (["j", "j"], 2),
        (["j", "j", "j", "k"], 2),
        (["down", "down", "down", "up"], 2),
        (["pagedown", "g"], 0),
        (["G"], -1),
    ],
)
async def test_keys_move_through_an_open_letter(keys: list[str], line: int) -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("enter")
        await sees(pilot, "worker-001")
        view = pilot.app.screen.query_one("#letter", LetterView)
        await does_not_see(pilot, "◌ reading")
        await pilot.press(*keys)
        await eventually(pilot, lambda: is_on(view, line), f"the cursor is on line {line}")
        at_top = line >= 0
        await eventually(pilot, lambda: (view.scroll_offset.y == 0) == at_top, "it is in view")


def is_on(view: LetterView, line: int) -> bool:
    part = view.under_cursor
    return part is not None and part.spans == view.lines[line]


async def test_a_page_down_scrolls_an_open_letter_by_a_page() -> None:
    async with console(FixedBackend(), size=(80, 14), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("enter")
        await sees(pilot, "acme-corp-0")
        view = pilot.app.screen.query_one("#letter", LetterView)
        page = view.size.height
        await pilot.press("pagedown")
        await eventually(pilot, lambda: view.scroll_offset.y == page, "a page is above")
        await pilot.press("pageup")
        await eventually(pilot, lambda: view.scroll_offset.y == 0, "it is at the top")


async def test_space_marks_and_goes_on_and_escape_takes_the_marks_off() -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("space", "space")
        await sees(pilot, "● 2 marked")
        await pilot.press("k", "space")
        await sees(pilot, "● 1 marked")
        await pilot.press("escape")
        await does_not_see(pilot, "marked")


async def test_a_marks_all_and_none() -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a")
        await sees(pilot, "● 40 marked")
        await pilot.press("space")
        await sees(pilot, "● 39 marked")
        await pilot.press("a")
        await does_not_see(pilot, "marked")


async def test_enter_opens_a_letter_and_escape_closes_it() -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("j", "enter")
        await sees(pilot, "7bea0a77-2dc6-4b53-bdfb-000000090409")
        await pilot.press("escape")
        await sees(pilot, "90412")


async def test_space_holds_the_events_and_end_follows_again() -> None:
    backend = FixedBackend(events=some_events(60))
    async with console(backend, room="2") as pilot:
        await sees(pilot, "02:41:06")
        await pilot.press("space")
        await sees(pilot, "held, 0 new")
        backend.events = some_events(5)
        await sees(pilot, "held, 5 new")
        await pilot.press("end")
        await sees(pilot, "following")
        await pilot.press("k")
        await sees(pilot, "held")
        await pilot.press("G")
        await sees(pilot, "following")


async def test_read_only_hides_what_writes() -> None:
    backend = FixedBackend(read_only=True)
    async with console(backend, room="3") as pilot:
        await sees(pilot, "read-only")
        await sees(pilot, "space mark")
        await does_not_see(pilot, "replay")
        await pilot.press("r", "x")
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 1
        await pilot.press("question_mark")
        await sees(pilot, "no key that writes")
        await does_not_see(pilot, "delete the marked")
    assert backend.ran == []


def test_every_key_is_bound_and_in_the_help() -> None:
    help_text = "\n".join(
        text_of(line) for line in help_lines("dlq", Preferences(), read_only=False)
    )
    for key in KEYS:
        assert f"{key.shown:<{COLUMN}}{key.help}" in help_text
    bound = {
        binding.key
        for place in KEYS
        for binding in bindings(place.where)
        if isinstance(binding, Binding)
    }
    assert bound == {key.keys for key in KEYS}


def test_no_two_keys_of_a_place_are_the_same() -> None:
    for place in {key.where for key in KEYS}:
        spelled = [name for key in keys_of(place) for name in key.keys.split(",")]
        assert len(spelled) == len(set(spelled))


async def test_the_foot_can_be_clicked() -> None:
    backend = FixedBackend(letters=some_letters(3))
    async with console(backend) as pilot:
        await pilot.click("RoomBar", offset=(32, 0))
        await sees(pilot, "Dead letters · 3")
        await pilot.click("KeyBar", offset=(16, 0))
        await sees(pilot, "● 1 marked")
