"""Workers, audit, the command bar and the trail: what their keys do."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from farutech_console.operations.audit_log import AuditEntry
from farutech_console.operations.errors import OperationError
from farutech_console.operations.model import LinkState, Part
from farutech_console.operations.notes import Note
from farutech_console.tui.app import ConsoleApp
from farutech_console.tui.common.trail import Trail
from farutech_console.tui.preferences import Preferences
from tests.console.driving import app_of, console, does_not_see, eventually, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_fleet import some_undo
from tests.console.fixed_queue import some_status
from tests.console.moment import NOW, StillClock
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


async def test_a_paused_consumer_is_resumed() -> None:
    status = some_status()
    assert status.consumer is not None
    held = replace(status.consumer, paused=True, pause_remaining=600.0)
    backend = FixedBackend(status_now=replace(status, consumer=held))
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
        ({}, "no consumer: nobody gets tasks", "farutech-worker run creates it"),
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


async def test_rooms_say_what_was_tried_where_there_is_no_connection() -> None:
    down = LinkState(False, NOW, "nats://s1:4222", "connection refused", 4)
    async with console(FixedBackend(link_now=down), size=(100, 30)) as pilot:
        for room in "12345":
            await pilot.press(room)
            await sees(pilot, "nats://s1:4222")
            await sees(pilot, "times in")
            await sees(pilot, "farutech-console --server")


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


async def test_no_worker_and_no_pull_says_what_to_do() -> None:
    status = some_status()
    assert status.consumer is not None
    async with console(FixedBackend(workers=()), room="4") as pilot:
        await sees(pilot, "Go workers do not report")


async def test_workers_that_cannot_be_asked_are_no_empty_fleet() -> None:
    backend = FixedBackend()
    async with console(backend) as pilot:
        backend.failure = UnreachableError("no answer")
        await pilot.press("4")
        await sees(pilot, "The workers cannot be asked: no answer")


async def test_a_change_is_opened_copied_and_left() -> None:
    async with console(FixedBackend(), room="5") as pilot:
        await sees(pilot, "4 changes")
        await pilot.press("j", "enter")
        await sees(pilot, "duplicates of the import of last night")
        await pilot.press("y")
        await eventually(
            pilot, lambda: "dlq purge --seq 88101" in pilot.app.clipboard, "it is copied"
        )
        await pilot.press("escape")
        await does_not_see(pilot, "duplicates of the import of last night")


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


async def test_a_purge_is_undone_after_a_preview() -> None:
    backend = FixedBackend(undoable=some_undo())
    async with console(backend, room="5") as pilot:
        await sees(pilot, "4 changes")
        await pilot.press("u")
        await sees(pilot, "There is no way back: a task")
        await pilot.press("j", "u")
        await sees(pilot, "Bring back")
        await pilot.press("escape")
        await does_not_see(pilot, "under new sequences")
        await pilot.press("u")
        await sees(pilot, "under new sequences")
        await pilot.press("right", "enter")
        await sees(pilot, "Undo: 3 restored")


async def test_what_cannot_be_undone_is_told() -> None:
    async with console(FixedBackend(), room="5") as pilot:
        await sees(pilot, "4 changes")
        await pilot.press("j", "u")
        await sees(pilot, "no purge is on record")


def change(action: str, **more: object) -> AuditEntry:
    """A change that was done an hour ago, as the audit has it."""
    began = NOW - timedelta(hours=1)
    entry = AuditEntry("77aa0000bbbb", action, "luis@laptop-7", began, began, "done", sequence=50)
    return replace(entry, **more)  # type: ignore[arg-type]


def paused_backend(**more: object) -> FixedBackend:
    status = some_status()
    assert status.consumer is not None
    held = replace(status.consumer, paused=True, pause_remaining=600.0)
    return FixedBackend(status_now=replace(status, consumer=held), **more)  # type: ignore[arg-type]


async def test_a_pause_is_taken_back_after_a_preview() -> None:
    backend = paused_backend(changes=(change("pause", why="database"),))
    async with console(backend, room="5") as pilot:
        await sees(pilot, "1 change")
        await pilot.press("u")
        await sees(pilot, "1 h ago by luis@laptop-7")
        await sees(pilot, "for another 10 min")
        await sees(pilot, "same as  farutech-console resume")
        await pilot.press("escape", "u")
        await sees(pilot, "every worker pulls again; 12,210 wait")
        assert backend.pauses == []
        await pilot.press("right", "enter")
        await sees(pilot, "Deliveries go on.")
        assert backend.pauses == [(0.0, "")]


async def test_a_resume_is_taken_back_by_a_pause_with_an_end() -> None:
    backend = FixedBackend(changes=(change("resume"),))
    async with console(backend, room="5") as pilot:
        await sees(pilot, "1 change")
        await pilot.press("u")
        await sees(pilot, "No worker gets a task until the time is up")
        await pilot.press("tab", "enter")
        await eventually(pilot, lambda: backend.pauses == [(300.0, "")], "it is paused")


@pytest.mark.parametrize(
    ("older", "question", "text"),
    [
        (("acme-db is down",), "Write the note from before", "acme-db is down"),
        ((), "Take the note away", ""),
    ],
)
async def test_a_note_is_taken_back_to_what_it_was(
    older: tuple[str, ...], question: str, text: str
) -> None:
    newest = change("note", about="c4f1", details={"text": "it is up"})
    others = [change("purge", sequence=number) for number in range(49, 40, -1)]
    before = [change("note", about="c4f1", details={"text": t}, sequence=9) for t in older]
    elsewhere = change("note", about="beef", details={"text": "another"}, sequence=20)
    backend = FixedBackend(changes=(newest, *others, elsewhere, *before))
    backend.written_notes["c4f1"] = Note("c4f1", "it is down again", "ana@bastion-2", NOW)
    async with console(backend, room="5") as pilot:
        await sees(pilot, "changes")
        await pilot.press("u")
        await sees(pilot, question)
        await sees(pilot, "ana@bastion-2 wrote it since: it is replaced")
        await pilot.press("right", "enter")
        await eventually(
            pilot, lambda: backend.written_notes["c4f1"].text == text, "the note is as it was"
        )


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (change("pause"), "Deliveries go on already"),
        (change("pause", state="failed"), "It failed: nothing was changed"),
        (change("import"), "The way back: farutech-console dlq purge"),
        (change("purge_hard"), "There is no way back: nothing keeps a copy."),
        (change("brew[/red]"), "does not know what brew[/red] is"),
    ],
)
async def test_what_has_no_way_back_says_why(entry: AuditEntry, told: str) -> None:
    async with console(FixedBackend(changes=(entry,)), size=(120, 30), room="5") as pilot:
        await sees(pilot, "1 change")
        await pilot.press("u")
        await sees(pilot, told)


async def test_changes_are_found_by_what_they_were() -> None:
    async with console(FixedBackend(), size=(120, 30), room="5") as pilot:
        await sees(pilot, "4 changes")
        for words, who in (("LUIS", "luis@laptop-7"), ("database m", "ana@bastion-2")):
            await pilot.press("slash", *words, "enter")
            await sees(pilot, f"1 with «{words}»")
            await sees(pilot, who)
            await pilot.press("escape")
            await does_not_see(pilot, "with «")
        await pilot.press("slash", *"nobody", "enter")
        await sees(pilot, "Nothing here has «nobody» in it.")


async def test_changes_that_are_rare_are_looked_for_further_back() -> None:
    changes = [change("purge", sequence=number, why="") for number in range(900, 1, -1)]
    changes.append(change("pause", sequence=1, why="needle"))
    clock = StillClock()
    async with console(FixedBackend(changes=tuple(changes)), clock=clock, room="5") as pilot:
        await sees(pilot, "200+ changes")
        await pilot.press("slash", *"needle", "enter")
        for _ in range(3):
            await pilot.pause(0.3)
            clock.advance(3)
        await sees(pilot, "1 with «needle»")


async def test_an_undo_shows_how_far_it_is_and_can_be_stopped() -> None:
    backend = FixedBackend(undoable=some_undo(), gate=asyncio.Event())
    async with console(backend, size=(120, 30), room="5") as pilot:
        await sees(pilot, "4 changes")
        await pilot.press("j", "u")
        await sees(pilot, "under new sequences")
        await pilot.press("right", "enter")
        await sees(pilot, "Bringing back 3 dead letters")
        await sees(pilot, " 0/3")
        await pilot.press("enter")
        await sees(pilot, "Stopping: those under way are finished.")
        assert backend.gate is not None
        backend.gate.set()
        await sees(pilot, "stopped: undo again for the others")
