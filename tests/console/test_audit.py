"""The room of the audit: changes read, found and taken back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from farutech_console.operations.audit.log import AuditEntry, AuditPage
from farutech_console.operations.audit.notes import Note
from tests.console.driving import app_of, console, does_not_see, eventually, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_fleet import some_undo
from tests.console.fixed_queue import some_status
from tests.console.moment import NOW, StillClock
from worker.jetstream.errors import NotAllowedError


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


async def test_an_audit_that_cannot_be_read_any_more_is_said_to_be_old() -> None:
    class Shut(FixedBackend):
        shut = True

        async def audit(self, limit: int, before: int | None = None) -> AuditPage:
            if self.shut:
                raise NotAllowedError("our user may not read it")
            return await super().audit(limit, before)

    backend, clock = Shut(), StillClock()
    async with console(backend, clock=clock, size=(120, 30), room="5") as pilot:
        await sees(pilot, "The audit cannot be read: our user may not read it")
        await does_not_see(pilot, "0 changes")
        backend.shut = False
        clock.advance(4)
        backend.status_now = some_status(taken_at=clock.now())
        await sees(pilot, "4 changes   read 0 s ago")
        backend.shut = True
        clock.advance(4)
        backend.status_now = some_status(taken_at=clock.now())
        await sees(pilot, "4 changes   ▲ read 4 s ago: our user may not read it")
        assert pilot.app.screen.has_class("-stale")


async def test_nothing_is_undone_where_nothing_was_found() -> None:
    backend = FixedBackend(undoable=some_undo())
    async with console(backend, room="5") as pilot:
        await sees(pilot, "4 changes")
        await pilot.press("slash", *"nobody", "enter")
        await sees(pilot, "0 with «nobody»")
        await pilot.press("u")
        await eventually(pilot, lambda: len(app_of(pilot)._notifications) > 0, "it is told")
        await does_not_see(pilot, "Bring back")


def change(action: str, **more: Any) -> AuditEntry:
    """A change that was done an hour ago, as the audit has it."""
    began = NOW - timedelta(hours=1)
    entry = AuditEntry("77aa0000bbbb", action, "luis@laptop-7", began, began, "done", sequence=50)
    return replace(entry, **more)


def paused_backend(**more: Any) -> FixedBackend:
    status = some_status()
    assert status.consumer is not None
    held = replace(status.consumer, paused=True, pause_remaining=600.0)
    return FixedBackend(status_now=replace(status, consumer=held), **more)


@pytest.mark.parametrize("action", ["undo", "import"])
async def test_what_came_back_is_purged_again_after_a_preview(action: str) -> None:
    backend = FixedBackend(changes=(change(action),), returned=(90_409, 90_406))
    async with console(backend, room="5") as pilot:
        await sees(pilot, "1 change")
        await pilot.press("u")
        await sees(pilot, "Purge 2 dead letters")
        await sees(pilot, "dlq purge --seq")
        await pilot.press("escape")
        await does_not_see(pilot, "dlq purge --seq")
        assert not backend.ran
        await pilot.press("u")
        await sees(pilot, "Purge 2 dead letters")
        await pilot.press("right", "enter")
        await eventually(pilot, lambda: bool(backend.ran), "it runs")
        assert sorted(backend.ran[0].sequences) == [90_406, 90_409]


async def test_where_nothing_of_what_came_back_is_left_that_is_told() -> None:
    async with console(FixedBackend(changes=(change("undo"),)), room="5") as pilot:
        await sees(pilot, "1 change")
        await pilot.press("u")
        await sees(pilot, "nothing is left of 77aa0000bbbb")


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
        (change("stuck_to_dlq"), "The way back: farutech-console dlq replay"),
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
