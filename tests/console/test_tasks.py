"""The room of the tasks: found ones as rows, stories that go on, what cannot be heard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from farutech_console.operations.model import LinkState
from farutech_console.operations.steps import TaskStep
from farutech_console.tui.overview.verdict import POINTER
from farutech_console.tui.tasks.rows import NONE
from tests.console.driving import app_of, console, does_not_see, eventually, screen_text, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_fleet import some_story, some_stuck, some_tasks
from tests.console.fixed_queue import some_events
from tests.console.moment import NOW, StillClock, ago
from worker.jetstream.errors import UnreachableError
from worker.model.stuck import NOTHING_STUCK

LAST = some_events()[-1]
STUCK = some_stuck().tasks[1].task_id


async def test_the_verdict_leads_to_the_stuck_tasks_and_on_to_their_story() -> None:
    backend = FixedBackend(stories={STUCK: some_story(STUCK)})
    async with console(backend, size=(140, 40)) as pilot:
        await sees(pilot, f"{POINTER}✖ 3 tasks stuck")
        await pilot.press("enter")
        await sees(pilot, "3 to 4 tasks are stuck: others are in flight or in backoff")
        await sees(pilot, "There are more that may be.")
        text = screen_text(pilot)
        assert (text.count("✖ certain"), text.count("▲ maybe")) == (3, 2)
        await pilot.press("j", "y")
        await eventually(pilot, lambda: pilot.app.clipboard == STUCK, "its id is copied")
        await pilot.press("enter")
        await sees(pilot, "in flight, at worker-001, attempt 1")
        await pilot.press("escape")
        await does_not_see(pilot, "in flight, at worker-001")
        await sees(pilot, "✖ certain")
        await pilot.press("j", "enter")
        await sees(pilot, "That message is no task.")
        await pilot.press("escape")
        await does_not_see(pilot, "✖ certain")


async def test_stuck_tasks_are_looked_for_again_and_the_list_says_when() -> None:
    clock, backend = StillClock(), FixedBackend()
    async with console(backend, clock=clock, room="2") as pilot:
        await pilot.press("s")
        await sees(pilot, "✖ certain")
        clock.advance(4)
        await sees(pilot, "read 4 s ago")
        backend.stuck_now = replace(some_stuck(), found=NOTHING_STUCK, tasks=())
        clock.advance(7)
        await sees(pilot, "No task is stuck: every task is settled")
        await does_not_see(pilot, "✖ certain")
        looks = backend.stuck_looks
        backend.failure = UnreachableError("no answer in 5 s")
        clock.advance(15)
        await sees(pilot, "as of 15 s ago: no answer in 5 s")
        assert backend.stuck_looks == looks


async def test_a_tenants_tasks_are_rows_and_each_can_be_opened() -> None:
    tasks = some_tasks()
    wanted = tasks[1].task_id
    backend = FixedBackend(tasks=tasks, stories={wanted: some_story(wanted)})
    async with console(backend, size=(120, 40)) as pilot:
        await pilot.press("colon", *"tenant acme-corp-1", "enter")
        await sees(pilot, "Tasks of acme-corp-1  12")
        await sees(pilot, "events only")
        await pilot.press("j", "enter")
        await sees(pilot, f"Task {wanted}")
        await sees(pilot, "There may be gaps")
        await pilot.press("t")
        await sees(pilot, "events only")
        await pilot.press("colon", *"tenant nobody", "enter")
        await sees(pilot, "Nothing is known of a tenant nobody")


async def test_t_lists_the_tenant_under_the_cursor() -> None:
    backend = FixedBackend(events=some_events(), tasks=some_tasks(LAST.tenant_id))
    async with console(backend, room="2") as pilot:
        await sees(pilot, "02:41:06")
        await pilot.press("t")
        await sees(pilot, f"Tasks of {LAST.tenant_id}")
        await pilot.press("escape")
        await sees(pilot, "02:41:06")


async def test_an_open_story_goes_on_and_says_how_old_it_is() -> None:
    clock = StillClock()
    story = some_story(LAST.task_id)
    backend = FixedBackend(events=some_events(), stories={LAST.task_id: story})
    async with console(backend, clock=clock, size=(140, 40), room="2") as pilot:
        await sees(pilot, "02:41:06")
        await pilot.press("enter")
        await sees(pilot, "in flight, at worker-001, attempt 1")
        await sees(pilot, "read 0 s ago")
        read = backend.told_stories
        clock.advance(0.5)
        beaten = replace(LAST, kind="retrying", attempt=1, delay=20.0, at=clock.now())
        backend.events = [beaten]
        await sees(pilot, "next in 20 s")
        await sees(pilot, "↻ retrying, 0 s ago")
        assert backend.told_stories == read
        ended = TaskStep(clock.now(), "succeeded", "worker", LAST.task_id, attempt=2)
        later = replace(story, steps=(*story.steps, ended))
        backend.stories[LAST.task_id] = later
        clock.advance(1)
        await eventually(pilot, lambda: backend.told_stories == read + 1, "it is read again")
        await sees(pilot, "● succeeded   attempt 2")


async def test_a_story_whose_server_is_gone_says_when_it_was_so() -> None:
    clock = StillClock()
    backend = FixedBackend(events=some_events(), stories={LAST.task_id: some_story(LAST.task_id)})
    async with console(backend, clock=clock, size=(80, 24), room="2") as pilot:
        await sees(pilot, "02:41:06")
        await pilot.press("enter")
        await sees(pilot, "read 0 s ago")
        read = backend.told_stories
        backend.link_now = LinkState(False, NOW, "s1", "connection refused", 3)
        clock.advance(75)
        await sees(pilot, "as of 1 min 15 s ago: no connection")
        await sees(pilot, "nothing is heard since 02:41:07")
        assert backend.told_stories == read


@pytest.mark.parametrize("events", [0, 60])
async def test_what_we_may_not_hear_is_not_told_to_be_idle(events: int) -> None:
    link = LinkState(True, ago(600), "s1", deaf=frozenset({"task", "acknowledgement"}))
    backend = FixedBackend(link_now=link, events=some_events(events))
    async with console(backend, size=(150, 40), room="2") as pilot:
        await sees(pilot, "▲ not heard: tasks that come in, what becomes of them")
        await sees(pilot, f"published {NONE} · succeeded {NONE} · retried {NONE} · dead 9")
        if not events:
            await sees(pilot, "our user may not listen to them; farutech-console doctor")
            assert "idle" not in screen_text(pilot)


async def test_a_reading_that_dies_is_shown() -> None:
    backend = FixedBackend(events=some_events())
    async with console(backend, size=(120, 40), room="2") as pilot:
        await sees(pilot, "02:41:06")
        backend.failure = ZeroDivisionError()
        await pilot.press("enter")
        await eventually(
            pilot,
            lambda: any("reading of tasks" in what for what in app_of(pilot).live.broken),  # type: ignore[union-attr]
            "it is told",
        )


async def test_a_gap_in_what_was_heard_is_told() -> None:
    clock = StillClock()
    backend = FixedBackend(events=some_events())
    async with console(backend, clock=clock, size=(120, 40), room="2") as pilot:
        await sees(pilot, "02:41:06")
        await does_not_see(pilot, "not heard before")
        backend.link_now = LinkState(False, NOW, "s1", "connection refused", 3)
        clock.advance(75)
        await sees(pilot, "nothing is heard since 02:41:07")
        backend.link_now = LinkState(True, clock.now(), "s1")
        await sees(pilot, "not heard before 02:42:22")
