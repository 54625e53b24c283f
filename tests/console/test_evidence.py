"""From a problem to its evidence: the verdict's links, and the story of a task."""

from __future__ import annotations

from dataclasses import replace

import pytest

from farutech_console.operations.model import LinkState
from farutech_console.tui.common.eventlog import EventLog
from farutech_console.tui.overview.verdict import POINTER
from farutech_console.tui.tasks.matching import AT_ONCE, Matching
from tests.console.driving import console, does_not_see, eventually, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_fleet import some_story
from tests.console.fixed_letters import some_letters
from tests.console.fixed_queue import some_events
from tests.console.moment import StillClock, ago
from worker.jetstream.errors import UnreachableError

TASK = some_events()[-1].task_id


async def test_a_problem_leads_to_its_evidence() -> None:
    async with console(FixedBackend(), size=(120, 40)) as pilot:
        await sees(pilot, f"{POINTER}✖ 3 tasks stuck")
        await sees(pilot, "worker-009 is silent")
        await pilot.press("j")
        await sees(pilot, f"{POINTER}✖ worker-009 is silent")
        await pilot.press("enter")
        await sees(pilot, "1 with «worker-009»")
        await pilot.press("escape")
        await sees(pilot, "worker-001")


async def test_the_problem_under_the_cursor_is_copied() -> None:
    async with console(FixedBackend(), size=(120, 40)) as pilot:
        await sees(pilot, "worker-009 is silent")
        await pilot.press("j", "y")
        await eventually(
            pilot,
            lambda: pilot.app.clipboard == "worker-009 is silent since 1 min 35 s",
            "the problem is on the clipboard",
        )


async def test_the_verdict_names_what_most_of_the_newest_died_of() -> None:
    backend = FixedBackend(letters=some_letters(12))
    async with console(backend, size=(140, 40)) as pilot:
        await sees(pilot, "«connection refused» at acme-db:5432")


async def test_the_cursor_stays_on_its_problem() -> None:
    backend = FixedBackend()
    async with console(backend, size=(120, 40)) as pilot:
        await sees(pilot, "worker-009 is silent")
        await pilot.press("j")
        backend.status_now = replace(backend.status_now, stuck=0)
        await does_not_see(pilot, "tasks stuck")
        await sees(pilot, f"{POINTER}✖ worker-009 is silent")


async def test_the_cursor_stays_among_problems_of_one_kind() -> None:
    backend = FixedBackend()
    async with console(backend, size=(120, 40)) as pilot:
        await sees(pilot, "the breaker of update is open")
        await pilot.press(*"jjjj")
        await sees(pilot, f"{POINTER}▲ the breaker of update is open")
        backend.status_now = replace(backend.status_now, stuck=4)
        await sees(pilot, "4 tasks stuck")
        await sees(pilot, f"{POINTER}▲ the breaker of update is open")


async def test_c_shows_the_other_charts_and_all_of_them_on_a_small_terminal() -> None:
    async with console(FixedBackend(), size=(80, 24)) as pilot:
        await sees(pilot, "In / out")
        await does_not_see(pilot, "Retries")
        await pilot.press("c")
        await sees(pilot, "Retries, per minute")
        await does_not_see(pilot, "In / out")
        await sees(pilot, "ack floor")
        await pilot.press("c")
        await sees(pilot, "In / out")
        await sees(pilot, "Retries, per minute")
        await does_not_see(pilot, "ack floor")
        await pilot.press("c")
        await does_not_see(pilot, "Retries")
        await sees(pilot, "ack floor")


async def test_an_old_verdict_says_how_old_it_is() -> None:
    clock, backend = StillClock(), FixedBackend()
    async with console(backend, clock=clock) as pilot:
        await sees(pilot, "2 problems")
        backend.failure = UnreachableError("gone")
        clock.advance(899)
        await sees(pilot, "15 min ago: 2 problems")


async def test_what_we_may_not_listen_to_is_not_told_to_be_none() -> None:
    link = LinkState(True, ago(600), "s1", deaf=frozenset({"task", "acknowledgement"}))
    async with console(FixedBackend(link_now=link), size=(140, 40)) as pilot:
        await sees(pilot, "in not heard")
        await sees(pilot, "our user may not listen to tasks that come in")
        await sees(pilot, "our user may not listen to them")


async def test_t_looks_back_further() -> None:
    async with console(FixedBackend()) as pilot:
        await sees(pilot, "3 tasks stuck")
        await pilot.press("t")
        await sees(pilot, "└-15 min")


async def test_the_story_of_a_task_is_read_and_left() -> None:
    backend = FixedBackend(events=some_events(), stories={TASK: some_story(TASK)})
    async with console(backend, size=(140, 40), room="2") as pilot:
        await sees(pilot, "02:41:06")
        await pilot.press("enter")
        await sees(pilot, "in flight, at worker-001, attempt 1")
        await sees(pilot, "[/red]")
        await pilot.press("escape")
        await does_not_see(pilot, "There may be gaps")


async def test_a_story_that_cannot_be_read_says_why() -> None:
    backend = FixedBackend(events=some_events())
    async with console(backend, room="2") as pilot:
        await sees(pilot, "02:41:06")
        backend.failure = UnreachableError("no answer in 5 s")
        await pilot.press("enter")
        await sees(pilot, "no answer in 5 s")


async def test_a_task_that_was_never_seen_is_found_by_its_id() -> None:
    backend = FixedBackend(stories={"old-task": some_story("old-task")})
    async with console(backend) as pilot:
        await pilot.press("colon", *"task old-task", "enter")
        await sees(pilot, "There may be gaps")
        await sees(pilot, "old-task")


@pytest.mark.parametrize("text", ["000042", "ACME-CORP-2"])
async def test_only_what_is_looked_for_is_shown(text: str) -> None:
    async with console(FixedBackend(events=some_events()), size=(140, 40), room="2") as pilot:
        await sees(pilot, "02:41:06")
        await pilot.press("slash", *text, "enter")
        await sees(pilot, "with «")
        await does_not_see(pilot, "000000000041")
        await pilot.press("escape")
        await sees(pilot, "000000000041")


def test_events_that_come_later_are_looked_at_too_some_at_a_time() -> None:
    log = EventLog()
    matching = Matching(log, "000007")
    log.add(some_events(60))
    assert matching.catch_up()
    assert len(matching.rows(120)) == 1
    log.add(some_events(60) * (AT_ONCE // 60 + 1))
    matching.catch_up()
    assert matching.behind > 0
    matching.catch_up()
    assert matching.behind == 0
    assert len(matching.rows(120)) == 2 + AT_ONCE // 60


async def test_a_server_that_goes_leaves_the_console_alive() -> None:
    backend = FixedBackend()
    async with console(backend) as pilot:
        await sees(pilot, "worker-009")
        backend.failure = UnreachableError("gone")
        await sees(pilot, "gone")
        await eventually(pilot, lambda: pilot.app.is_running, "it runs")
