"""Choosing dead letters by a filter or a cause, and holding the reins of a replay."""

from __future__ import annotations

import asyncio

import pytest

from farutech_console.tui.app import ConsoleApp
from tests.console.driving import app_of, console, does_not_see, eventually, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_letters import some_letters


def has_ended(app: ConsoleApp) -> bool:
    return app.run_progress is not None and app.run_progress.ended


async def test_a_filter_shows_only_what_is_like_it_and_esc_shows_all() -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("slash", *"error:~timeout", "enter")
        await sees(pilot, "13 with error:~timeout")
        await does_not_see(pilot, "unknown task type")
        await pilot.press("escape")
        await sees(pilot, "unknown task type")


async def test_a_mistake_in_a_filter_is_pointed_at_and_can_be_mended() -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("slash", *"tenant:acme nosuch:x", "enter")
        await sees(pilot, "nosuch")
        await sees(pilot, " " * 12 + "▼")
        await pilot.press(*["backspace"] * 9, "enter")
        await sees(pilot, "None of the 40 dead letters")
        await sees(pilot, "tenant:~acme looks for a part of it")


async def test_tab_completes_a_key() -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("slash", *"tena", "tab", *"acme-corp-2", "enter")
        await sees(pilot, "10 with tenant:acme-corp-2")


async def test_all_that_match_are_planned_and_no_other() -> None:
    backend = FixedBackend()
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("slash", *"tenant:acme-corp-2", "enter")
        await sees(pilot, "10 with")
        await pilot.press("a", "j", "space", "r")
        await sees(pilot, "Replay 9 dead letters")
        await pilot.press("right", "enter")
        await eventually(pilot, lambda: len(backend.ran) == 1, "it ran")
    assert backend.ran[0].count == 9
    assert set(backend.ran[0].tenants) == {"acme-corp-2"}


async def test_a_cause_is_chosen_and_its_letters_shown() -> None:
    async with console(FixedBackend(), size=(120, 40), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("c")
        await sees(pilot, "3 causes")
        await sees(pilot, "timeout after <n> s")
        await pilot.press("enter")
        await sees(pilot, "14 with cause:")
        await does_not_see(pilot, "timeout after 30 s")


async def test_the_verdict_leads_to_the_letters_of_the_cause() -> None:
    async with console(FixedBackend(), size=(140, 40)) as pilot:
        await sees(pilot, "«connection refused")
        await pilot.press("j", "j", "enter")
        await sees(pilot, "14 with cause:")


async def test_a_command_filters_too() -> None:
    async with console(FixedBackend()) as pilot:
        await pilot.press("colon", *"filter type:migrate", "enter")
        await sees(pilot, "13 with type:migrate")
        await pilot.press("colon", *"filter )", "enter")
        await sees(pilot, "▲ something to look for is missing here")


async def test_a_canary_goes_first_and_the_plan_says_so() -> None:
    backend = FixedBackend()
    async with console(backend, size=(100, 40), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a", "R")
        await sees(pilot, "50/s, the first one alone")
    assert not backend.ran


@pytest.mark.parametrize("then", ["P", "S"])
async def test_a_run_is_held_goes_on_or_is_stopped(then: str) -> None:
    gate = asyncio.Event()
    backend = FixedBackend(letters=some_letters(6), gate=gate)
    async with console(backend, size=(120, 40), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a", "r")
        await sees(pilot, "Replay 6 dead letters")
        await pilot.press("right", "enter")
        await sees(pilot, "0/6")
        await pilot.press("P")
        await sees(pilot, "held: P goes on")
        gate.set()
        await pilot.press(then)
        if then == "P":
            await sees(pilot, "6 replayed")
        else:
            await pilot.press("P")
            await eventually(pilot, lambda: has_ended(app_of(pilot)), "it ended")
            assert 0 < len(backend.letters) < 6


async def test_a_replay_can_be_begun_at_a_rate() -> None:
    backend = FixedBackend()
    async with console(backend, size=(120, 40), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a", "colon", *"replay fast", "enter")
        await sees(pilot, "is no rate")
        await pilot.press("colon", *"replay 900/s", "enter")
        await sees(pilot, "Replay 40 dead letters")
        await sees(pilot, "pace     900/s")
        await pilot.press("right", "enter")
        await sees(pilot, "/40 at 900/s")
        assert [str(plan.pacing.rate) for plan in backend.ran] == ["900/s"]


async def test_the_pace_of_a_run_is_changed() -> None:
    backend = FixedBackend(gate=asyncio.Event())
    async with console(backend, size=(120, 40), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("colon", *"rate 5/s", "enter")
        await sees(pilot, "No run is under way")
        await pilot.press("a", "r")
        await sees(pilot, "Replay 40 dead letters")
        await pilot.press("right", "enter")
        await sees(pilot, "0/40")
        await pilot.press("colon", *"rate fast", "enter")
        await sees(pilot, "is no rate")
        await pilot.press("colon", *"rate 5/s", "enter")
        await sees(pilot, "goes at 5/s")


async def test_a_filter_is_completed_with_values_that_occur() -> None:
    async with console(FixedBackend(letters=some_letters(12)), room="1") as pilot:
        await sees(pilot, "connection refused")
        await pilot.press("3")
        await sees(pilot, "90412")
        await pilot.press("slash", *"tenant:acme-corp-2")
        await pilot.press("backspace")
        await sees(pilot, "acme-corp-3 ")
        await pilot.press("tab", "enter")
        await sees(pilot, "3 with tenant:acme-corp-")
