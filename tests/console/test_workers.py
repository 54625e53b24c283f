"""The room of the workers: who reports, and deliveries paused and resumed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from farutech_console.operations.audit.log import AuditEntry
from farutech_console.operations.errors import OperationError
from farutech_console.operations.fleet.view import FleetView
from farutech_console.operations.model import Part
from tests.console.driving import console, does_not_see, eventually, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_fleet import some_workers
from tests.console.fixed_queue import some_status
from tests.console.moment import StillClock, ago
from worker.jetstream.errors import UnreachableError


async def test_a_worker_is_opened_and_left() -> None:
    async with console(FixedBackend(), room="4") as pilot:
        await sees(pilot, "3 report")
        await pilot.press("j", "enter")
        await sees(pilot, "update is held back")
        await pilot.press("escape")
        await does_not_see(pilot, "update is held back")
        await sees(pilot, "✖ 1 silent")


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        (["tab", "enter"], [(300.0, "")]),
        (["tab", "tab", "enter"], [(900.0, "")]),
        (["enter"], []),
        (["escape"], []),
        (["shift+tab", "d", "b", "enter", "tab", "tab", "tab", "enter"], [(3600.0, "db")]),
        (["shift+tab", "shift+tab", *"1h30m", "enter", "enter"], [(5400.0, "")]),
        (["shift+tab", "d", "shift+tab", *"45m", "enter", "enter"], [(2700.0, "d")]),
        (["shift+tab", "shift+tab", *"8d", "enter", "enter"], []),
        (["shift+tab", "shift+tab", *"soon", "enter", "enter"], []),
    ],
)
async def test_deliveries_are_paused_for_a_while_and_only_when_asked(
    keys: list[str], asked: list[tuple[float, str]]
) -> None:
    backend = FixedBackend()
    async with console(backend, room="4") as pilot:
        await sees(pilot, "3 report")
        await pilot.press("p")
        await sees(pilot, "No worker gets a task")
        await pilot.press(*keys)
        await does_not_see(pilot, "No worker gets a task")
        await eventually(pilot, lambda: backend.pauses == asked, f"asked for {asked}")


async def test_the_pause_shows_the_command_that_does_the_same() -> None:
    async with console(FixedBackend(), room="4") as pilot:
        await sees(pilot, "3 report")
        await pilot.press("p")
        await sees(pilot, "choose for how long")
        await pilot.press("tab")
        await sees(pilot, "same as  farutech-console pause 5m")
        await pilot.press("shift+tab", "shift+tab", *"it's", "shift+tab", *"90m")
        await sees(pilot, """same as  farutech-console pause 1h30m --why 'it'"'"'s'""")
        await pilot.press(*"x")
        await sees(pilot, "90mx is no length of time")
        await pilot.press(*["backspace"] * 4, *"8d")
        await sees(pilot, "a pause lasts from 1 s to 7 d")


def paused_backend(**more: Any) -> FixedBackend:
    status = some_status()
    assert status.consumer is not None
    held = replace(status.consumer, paused=True, pause_remaining=600.0)
    return FixedBackend(status_now=replace(status, consumer=held), **more)


PAUSE = AuditEntry(
    *("4d52bf", "pause", "luis@laptop-7", ago(300), ago(300), "done"),
    about="provisioning-worker",
    why="database [b]maintenance[/b]",
)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ((PAUSE,), "Paused 5 min ago by luis@laptop-7: database [b]maintenance[/b]"),
        ((replace(PAUSE, why=""),), "by luis@laptop-7: nobody said why"),
        ((replace(PAUSE, action="resume"), PAUSE), "Who paused is not on record"),
        ((replace(PAUSE, about="another"), replace(PAUSE, state="failed")), "is not on record"),
        ((), "Who paused is not on record"),
    ],
)
async def test_who_resumes_reads_who_paused_and_why(
    changes: tuple[AuditEntry, ...], told: str
) -> None:
    async with console(paused_backend(changes=changes), room="4") as pilot:
        await sees(pilot, "10 min left")
        await pilot.press("p")
        await sees(pilot, told)


async def test_who_may_not_read_who_paused_may_resume_all_the_same() -> None:
    backend = paused_backend()
    async with console(backend, room="4") as pilot:
        await sees(pilot, "10 min left")
        backend.failure = UnreachableError("no answer")
        await pilot.press("p")
        await sees(pilot, "The audit cannot be read: no answer")
        backend.failure = None
        await pilot.press("tab", "enter")
        await sees(pilot, "Deliveries go on.")


async def test_a_paused_consumer_is_resumed() -> None:
    backend = paused_backend()
    async with console(backend, size=(120, 30), room="4") as pilot:
        await sees(pilot, "paused, 10 min left: p resumes")
        await pilot.press("p")
        await sees(pilot, "same as  farutech-console resume")
        await pilot.press("tab", "enter")
        await sees(pilot, "Deliveries go on.")
        assert backend.pauses == [(0.0, "")]


@pytest.mark.parametrize(
    ("unread", "told", "refused"),
    [
        ({}, "no consumer: nobody gets tasks", "farutech-worker topology apply creates it"),
        ({"consumer": "no permission"}, "may not look at the consumer", "no permission"),
    ],
)
async def test_a_consumer_that_is_missing_is_not_one_that_may_not_be_seen(
    unread: dict[Part, str], told: str, refused: str
) -> None:
    backend = FixedBackend(status_now=some_status(consumer=None, unread=unread))
    async with console(backend, size=(150, 30), room="4") as pilot:
        await sees(pilot, told)
        await pilot.press("p")
        await sees(pilot, refused)


async def test_a_consumer_that_is_not_read_yet_is_not_missing() -> None:
    backend = FixedBackend(failure=UnreachableError("no answer"))
    async with console(backend, size=(150, 30), room="4") as pilot:
        await sees(pilot, "The workers cannot be asked: no answer")
        await pilot.press("p")
        await sees(pilot, "The consumer is not read yet")
        await does_not_see(pilot, "nobody gets tasks")


async def test_workers_are_found_by_what_they_are_and_do() -> None:
    async with console(FixedBackend(), size=(120, 30), room="4") as pilot:
        await sees(pilot, "3 report")
        for words, found in (("NODE-2", "worker-002"), ("acme-corp-1", "worker-001")):
            await pilot.press("slash", *words, "enter")
            await sees(pilot, f"1 with «{words}»")
            await sees(pilot, f"{found} ")
            await does_not_see(pilot, "worker-009 ")
            await pilot.press("escape")
            await sees(pilot, "worker-009 ")
        await pilot.press("slash", *"nobody", "enter")
        await sees(pilot, "Nothing here has «nobody» in it.")
        await pilot.press("slash", "escape", "escape")
        await sees(pilot, "worker-009 ")


async def test_a_refused_pause_is_told() -> None:
    backend = FixedBackend()
    async with console(backend, room="4") as pilot:
        await sees(pilot, "3 report")
        backend.failure = OperationError("this server cannot [b]pause[/b]")
        await pilot.press("p")
        await sees(pilot, "No worker gets a task")
        await pilot.press("tab", "enter")
        await sees(pilot, "cannot [b]pause[/b]")


async def test_a_read_only_console_does_not_offer_to_pause() -> None:
    backend = FixedBackend(read_only=True)
    async with console(backend, room="4") as pilot:
        await sees(pilot, "3 report")
        await does_not_see(pilot, "p pause")
        await pilot.press("p")
        await pilot.pause()
        await does_not_see(pilot, "No worker gets a task")


async def test_a_pause_is_no_key_of_a_read_only_console() -> None:
    async with console(paused_backend(read_only=True), size=(120, 30), room="4") as pilot:
        await sees(pilot, "paused, 10 min left")
        await does_not_see(pilot, "p resumes")


@pytest.mark.parametrize("width", [60, 80, 160])
async def test_workers_whose_names_differ_at_their_ends_are_told_apart(width: int) -> None:
    one = some_workers()[0]
    pods = [f"provisioning-worker-eu-west-1a-7f9d8c6b54-{end}" for end in ("abcde", "fghij")]
    workers = tuple(replace(one, key=pod, name=pod) for pod in pods)
    async with console(FixedBackend(workers=workers), size=(width, 30), room="4") as pilot:
        for pod in pods:
            await sees(pilot, f"{pod[-5:]} ● running")
        await pilot.press("enter")
        await sees(pilot, pods[0][:-10])
        await sees(pilot, "abcde")


async def test_workers_that_cannot_be_asked_any_more_are_said_to_be_old() -> None:
    class Mute(FixedBackend):
        mute = False

        async def fleet(self) -> FleetView:
            if self.mute:
                raise UnreachableError("no answer within 2 s")
            return await super().fleet()

    backend, clock = Mute(), StillClock()
    async with console(backend, clock=clock, size=(120, 30), room="4") as pilot:
        await sees(pilot, "3 report")
        await does_not_see(pilot, "▲ 0 s ago")
        backend.mute = True
        clock.advance(3)
        backend.status_now = some_status(taken_at=clock.now())
        await sees(pilot, "▲ 3 s ago: no answer within 2 s")
        await sees(pilot, "worker-001 ")
        assert pilot.app.screen.has_class("-stale")
        backend.mute = False
        clock.advance(3)
        backend.status_now = some_status(taken_at=clock.now())
        await does_not_see(pilot, "▲ 3 s ago")
        await eventually(pilot, lambda: not pilot.app.screen.has_class("-stale"), "fresh")


async def test_no_worker_and_no_pull_says_what_to_do() -> None:
    async with console(FixedBackend(workers=()), room="4") as pilot:
        await sees(pilot, "Go workers do not report")


async def test_workers_that_cannot_be_asked_are_no_empty_fleet() -> None:
    backend = FixedBackend()
    async with console(backend) as pilot:
        backend.failure = UnreachableError("no answer")
        await pilot.press("4")
        await sees(pilot, "The workers cannot be asked: no answer")
