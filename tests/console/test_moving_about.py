"""From room to room: the command bar, the trail, and what every room says."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from farutech_console.operations.model import LinkState
from farutech_console.tui.app import ConsoleApp
from farutech_console.tui.common.commandbar import CURSOR
from farutech_console.tui.common.trail import Trail
from farutech_console.tui.preferences import Preferences
from tests.console.driving import app_of, console, does_not_see, eventually, sees
from tests.console.fixed import FixedBackend
from tests.console.moment import NOW


async def test_rooms_say_what_was_tried_where_there_is_no_connection() -> None:
    down = LinkState(False, NOW, "nats://s1:4222", "connection refused", 4)
    async with console(FixedBackend(link_now=down), size=(100, 30)) as pilot:
        for room in "12345":
            await pilot.press(room)
            await sees(pilot, "nats://s1:4222")
            await sees(pilot, "times in")
            await sees(pilot, "farutech-console --server")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("wor", "3 report"),
        ("audit", "4 changes"),
        ("pause", "No worker gets a task"),
        ("replay", "Replay 1 dead letter"),
        ("help", "these keys"),
    ],
)
async def test_a_command_is_done(typed: str, shown: str) -> None:
    async with console(FixedBackend(), size=(120, 50)) as pilot:
        await pilot.press("3")
        await sees(pilot, "90412")
        await pilot.press("1", "colon", *typed, "enter")
        await sees(pilot, shown)


async def test_tab_completes_and_a_mistake_is_told_and_can_be_mended() -> None:
    async with console(FixedBackend()) as pilot:
        await pilot.press("colon", "x", "enter")
        await sees(pilot, "there is no command x")
        await pilot.press("backspace", "t", "h", "tab")
        await pilot.press(*"light", "enter")
        await eventually(pilot, lambda: app_of(pilot).theme == "farutech-light", "the theme")


async def test_tab_again_puts_the_next_command_and_the_choices_of_one_that_has_a_few() -> None:
    async with console(FixedBackend()) as pilot:
        await pilot.press("colon", "t")
        await sees(pilot, "tenant ID")
        field = pilot.app.screen.query_one(Input)
        put = []
        for _ in range(3):
            await pilot.press("tab")
            put.append(field.value)
        assert put == ["tasks", "task ", "tenant "]
        await sees(pilot, f"{CURSOR}tenant ID")
        await sees(pilot, " audit ")
        await pilot.press("up", "up")
        assert field.value == "tasks"
        await pilot.press("down")
        assert field.value == "task "
        await pilot.press("ctrl+u", *"so", "tab", "tab", "tab")
        assert field.value == "sort died"
        await pilot.press("ctrl+u", *"theme l", "tab", "enter")
        await eventually(pilot, lambda: app_of(pilot).theme == "farutech-light", "the theme")


async def test_ctrl_c_tells_how_to_leave() -> None:
    async with console(FixedBackend()) as pilot:
        await sees(pilot, "ack floor")
        await pilot.press("ctrl+c")
        await sees(pilot, "q leaves")
        await does_not_see(pilot, "Press ctrl+q")


async def test_back_and_forth() -> None:
    async with console(FixedBackend()) as pilot:
        await pilot.press("3", "4")
        await sees(pilot, "3 report")
        await pilot.press("[")
        await sees(pilot, "Dead letters · 40")
        await pilot.press("[", "[")
        await sees(pilot, "ack floor")
        await pilot.press("]", "]")
        await sees(pilot, "3 report")


async def test_the_header_tells_where_one_is() -> None:
    async with console(FixedBackend(), size=(120, 30)) as pilot:
        await sees(pilot, "PROVISIONING ▸ Overview")
        await pilot.press("3", "slash", *"tenant:acme-corp-0", "enter")
        await sees(pilot, "▸ Dead letters ▸ tenant:acme-corp-0")
        await pilot.press("enter")
        await sees(pilot, "▸ tenant:acme-corp-0 ▸ seq 90412")
        await pilot.press("r")
        await sees(pilot, "▸ seq 90412 ▸ Replay 1 dead letter")
        await pilot.press("escape", "escape", "escape")
        await does_not_see(pilot, "acme-corp-0 ▸")
        await pilot.press("4", "enter")
        await sees(pilot, "PROVISIONING ▸ Workers ▸ worker-")
        await pilot.press("5", "j", "enter")
        await sees(pilot, "PROVISIONING ▸ Audit ▸ purge ")


async def test_help_tells_how_to_name_the_environment() -> None:
    async with console(FixedBackend()) as pilot:
        await sees(pilot, " no env ")
        await pilot.press("question_mark")
        await sees(pilot, "--environment prod")


def test_a_trail_forgets_what_was_ahead() -> None:
    trail = Trail(("overview", "dlq", "tasks"))
    trail.go("dlq")
    assert trail.back() == "overview"
    trail.go("tasks")
    assert trail.forth() == ""
    assert trail.back() == "overview"
    assert trail.back() == ""


async def test_production_is_in_view_and_asks_for_the_name_before_a_purge() -> None:
    backend = FixedBackend()
    async with console(backend, room="3", preferences=Preferences(environment="Prod-EU")) as pilot:
        await sees(pilot, "90412")
        await sees(pilot, " Prod-EU ")
        await pilot.press("x")
        await sees(pilot, "Type PROVISIONING_DLQ")


async def test_who_looks_elsewhere_is_called_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[bool] = []
    monkeypatch.setattr(ConsoleApp, "bell", lambda _: rung.append(True))
    wanted = Preferences(call="bell", call_stuck=1)
    async with console(FixedBackend(), preferences=wanted) as pilot:
        await sees(pilot, "PROVISIONING: 3 tasks stuck")
        await pilot.pause(1.5)
        assert rung == [True]
