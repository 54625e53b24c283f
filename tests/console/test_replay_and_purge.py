"""What was confirmed is what runs; nothing runs unconfirmed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from farutech_console.tui.common.confirm import ConfirmPlan
from tests.console.driving import app_of, console, does_not_see, eventually, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_letters import provisioning_letter, some_letters
from worker.jetstream.errors import UnreachableError


async def test_replay_of_the_letter_under_the_cursor() -> None:
    backend = FixedBackend()
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("j", "r")
        await sees(pilot, "Replay 1 dead letter")
        await sees(pilot, "seq 90,409 of PROVISIONING_DLQ")
        await sees(pilot, "farutech-console dlq replay --seq 90409")
        await pilot.press("right", "enter")
        await sees(pilot, "● 1 replayed")
        await does_not_see(pilot, "90409")
    assert [plan.sequences for plan in backend.ran] == [(90_409,)]


async def test_focus_starts_on_cancel() -> None:
    backend = FixedBackend()
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("r")
        await sees(pilot, "Replay 1 dead letter")
        await pilot.press("enter")
        await does_not_see(pilot, "Replay 1 dead letter")
    assert backend.ran == []


async def test_escape_cancels() -> None:
    backend = FixedBackend()
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("space", "space", "x")
        await sees(pilot, "Purge 2 dead letters")
        await pilot.press("escape")
        await sees(pilot, "● 2 marked")
    assert backend.ran == []


async def test_a_plan_that_takes_its_time_says_so_and_takes_no_other_key_meanwhile() -> None:
    gate = asyncio.Event()
    backend = FixedBackend(plan_gate=gate)
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a", "r")
        await sees(pilot, "Nothing is changed by it")
        await pilot.press("x", "space", "g")
        gate.set()
        await sees(pilot, "Replay 40 dead letters")
        assert isinstance(pilot.app.screen, ConfirmPlan)


async def test_a_plan_that_takes_its_time_can_be_given_up() -> None:
    gate = asyncio.Event()
    backend = FixedBackend(plan_gate=gate)
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a", "r")
        await sees(pilot, "Nothing is changed by it")
        await pilot.press("escape")
        await does_not_see(pilot, "Nothing is changed by it")
        gate.set()
        await pilot.press("r")
        await sees(pilot, "Replay 40 dead letters")
    assert backend.ran == []


async def test_the_very_plan_that_was_shown_runs_whatever_changed_meanwhile() -> None:
    backend = FixedBackend(letters=some_letters(5))
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a", "r")
        await sees(pilot, "Replay 5 dead letters")
        dialog = pilot.app.screen
        assert isinstance(dialog, ConfirmPlan)
        backend.letters.insert(0, provisioning_letter(90_500, 0))
        await pilot.press("right", "enter")
        await sees(pilot, "● 5 replayed")
        await sees(pilot, "90500")
    assert backend.ran == [dialog.plan]
    assert backend.ran[0] is dialog.plan


async def test_all_means_all_that_lay_there_when_it_was_pressed() -> None:
    backend = FixedBackend(letters=some_letters(5))
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a")
        backend.letters.insert(0, provisioning_letter(90_500, 0))
        await sees(pilot, "90500")
        await sees(pilot, "● 5 marked")
        await pilot.press("r")
        await sees(pilot, "Replay 5 dead letters")


async def test_purge_of_everything_needs_the_streams_name() -> None:
    backend = FixedBackend(letters=some_letters(5))
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a", "x")
        await sees(pilot, "Type PROVISIONING_DLQ to confirm")
        await pilot.press("tab", "tab", "enter")
        await pilot.pause()
        assert backend.ran == []
        await pilot.press("escape", "x")
        await sees(pilot, "Type PROVISIONING_DLQ to confirm")
        pilot.app.screen.query_one("#name").focus()
        await pilot.press(*"PROVISIONING_DL", "enter", "enter")
        await pilot.pause()
        assert backend.ran == []
        pilot.app.screen.query_one("#name").focus()
        await pilot.press("Q", "enter", "enter")
        await sees(pilot, "● 5 purged")
        await sees(pilot, "No dead letters")


async def test_the_streams_name_goes_into_its_field_wherever_the_focus_is() -> None:
    backend = FixedBackend(letters=some_letters(5))
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a", "x")
        await sees(pilot, "Type PROVISIONING_DLQ to confirm")
        await pilot.press(*"PROVISIONING_DLQ", "enter", "enter")
        await sees(pilot, "● 5 purged")


async def test_purge_of_some_needs_no_name() -> None:
    backend = FixedBackend(letters=some_letters(5))
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("x")
        await sees(pilot, "Purge 1 dead letter")
        await pilot.press("tab", "enter")
        await sees(pilot, "● 1 purged")
    assert [plan.kind for plan in backend.ran] == ["purge"]


async def test_keys_answer_while_a_run_is_under_way_and_its_bar_is_everywhere() -> None:
    backend = FixedBackend(letters=some_letters(5), gate=asyncio.Event())
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a", "r")
        await sees(pilot, "Replay 5 dead letters")
        await pilot.press("right", "enter")
        await sees(pilot, "░ 0/5")
        await pilot.press("1")
        await sees(pilot, "ack floor")
        await sees(pilot, "░ 0/5")
        assert backend.gate is not None
        backend.gate.set()
        await sees(pilot, "● 5 replayed")


async def test_a_run_without_a_connection_says_that_it_waits_for_one() -> None:
    gate = asyncio.Event()
    backend = FixedBackend(gate=gate)
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a", "r")
        await sees(pilot, "Replay 40 dead letters")
        await pilot.press("right", "enter")
        await sees(pilot, "0/40")
        there = backend.link_now
        backend.link_now = replace(there, connected=False)
        await sees(pilot, "no connection: it goes on once there is one")
        backend.link_now = there
        gate.set()
        await sees(pilot, "● 40 replayed")
        await does_not_see(pilot, "no connection")


async def test_a_second_run_waits_for_the_first() -> None:
    backend = FixedBackend(letters=some_letters(5), gate=asyncio.Event())
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("r")
        await sees(pilot, "Replay 1 dead letter")
        await pilot.press("right", "enter")
        await sees(pilot, "░ 0/1")
        await pilot.press("r")
        await sees(pilot, "Another run is under way")
        assert backend.gate is not None
        backend.gate.set()
        await sees(pilot, "● 1 replayed")
    assert len(backend.ran) == 1


async def test_outcomes_are_counted_apart_and_shown_trouble_first() -> None:
    def outcome_of(sequence: int) -> str:
        return "unknown" if sequence == 90_406 else "replayed"

    backend = FixedBackend(letters=some_letters(3), outcome_of=outcome_of)
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a", "r")
        await sees(pilot, "Replay 3 dead letters")
        await pilot.press("right", "enter")
        await sees(pilot, "● 2 replayed  ✖ 1 unknown")
        await pilot.press("o")
        await sees(pilot, "✖ unknown      90406")
        await sees(pilot, "no answer")
        await pilot.press("escape")
        await pilot.press("escape", "escape")
        await does_not_see(pilot, "● 2 replayed")


async def test_a_plan_that_fails_is_told_in_words() -> None:
    backend = FixedBackend()
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        backend.failure = UnreachableError("no answer from [red]s1[/] within 2 s")
        await pilot.press("r")
        await sees(pilot, "no answer from [red]s1[/] within")


async def test_a_run_that_breaks_off_says_so() -> None:
    backend = FixedBackend(letters=some_letters(3))
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a", "r")
        await sees(pilot, "Replay 3 dead letters")

        def fail(sequence: int) -> str:
            raise UnreachableError("the connection was cut")

        backend.outcome_of = fail
        await pilot.press("right", "enter")
        await sees(pilot, "✖ broke off: the connection was cut")


async def test_the_backend_that_breaks_in_a_run_is_shown_and_the_console_lives() -> None:
    backend = FixedBackend(letters=some_letters(3))
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")

        def fail(sequence: int) -> str:
            raise ZeroDivisionError(sequence)

        backend.outcome_of = fail
        await pilot.press("r")
        await sees(pilot, "Replay 1 dead letter")
        await pilot.press("right", "enter")
        await sees(pilot, "the run died (ZeroDivisionError)")
        await eventually(pilot, lambda: app_of(pilot).is_running, "it runs")
