"""The outcomes of a run: what comes of the tasks meanwhile, and the letters that failed again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from textual.pilot import Pilot

from farutech_console.operations.model import TaskEvent
from tests.console.driving import console, does_not_see, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_letters import some_letters
from tests.console.fixed_queue import some_events
from tests.console.moment import NOW


@asynccontextmanager
async def replayed_one(backend: FixedBackend) -> AsyncIterator[Pilot[None]]:
    """A console in which the newest letter was replayed."""
    async with console(backend, size=(110, 40), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("r")
        await sees(pilot, "Replay 1 dead letter")
        await pilot.press("right", "enter")
        await sees(pilot, "1 replayed")
        yield pilot


def died_again(backend: FixedBackend) -> TaskEvent:
    """The event of the replayed task's death."""
    (task_id,) = backend.ran[0].task_ids
    died = replace(some_events(1)[0], kind="dead_lettered", task_id=task_id, at=NOW)
    return replace(died, detail="refused again")


async def test_they_lead_to_the_letters_that_failed_again() -> None:
    backend = FixedBackend(letters=some_letters(3))
    async with replayed_one(backend) as pilot:
        backend.letters.insert(0, replace(some_letters(1)[0], sequence=90_500))
        backend.events = [again := died_again(backend)]
        await sees(pilot, "1 came back dead")
        await pilot.press("o")
        await sees(pilot, "enter the letters that failed again")
        await pilot.press("enter")
        await sees(pilot, f"1 with task:{again.task_id}")
        await sees(pilot, "90500")


async def test_open_they_tell_what_comes_of_the_tasks_meanwhile() -> None:
    backend = FixedBackend(letters=some_letters(3))
    async with replayed_one(backend) as pilot:
        await pilot.press("o")
        await sees(pilot, "not heard of")
        await does_not_see(pilot, "enter the letters that failed again")
        backend.events = [died_again(backend)]
        await sees(pilot, "came back dead: refused again")
        await sees(pilot, "enter the letters that failed again")
