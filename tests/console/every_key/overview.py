"""What the keys of the overview do."""

from __future__ import annotations

from farutech_console.tui.overview.problems import Problems
from farutech_console.tui.overview.verdict import POINTER
from tests.console.driving import screen_text
from tests.console.every_key.stage import Stage, does
from tests.support.queues import task
from tests.support.worker_queue import publish

NOBODY, LETTERS_LIE = "no worker is pulling", "dead letter"


async def troubled(stage: Stage) -> Problems:
    """There are two problems: nobody works, and letters lie there."""
    await publish(stage.q, task(1, attempt=1))
    await stage.q.bury_many(3)
    await stage.sees(NOBODY)
    await stage.sees(LETTERS_LIE)
    return stage.app.screen.query_one(Problems)


def chosen(stage: Stage) -> str:
    return next((line for line in screen_text(stage.pilot).splitlines() if POINTER in line), "")


@does("overview", "next_problem")
async def next_problem(stage: Stage, key: str) -> None:
    problems = await troubled(stage)
    problems.action_previous_problem()
    await stage.until(lambda: NOBODY in chosen(stage), "the first is chosen")
    await stage.press(key)
    await stage.until(lambda: LETTERS_LIE in chosen(stage), "the next is chosen")


@does("overview", "previous_problem")
async def previous_problem(stage: Stage, key: str) -> None:
    problems = await troubled(stage)
    problems.action_next_problem()
    await stage.until(lambda: LETTERS_LIE in chosen(stage), "the last is chosen")
    await stage.press(key)
    await stage.until(lambda: NOBODY in chosen(stage), "the one before is chosen")


@does("overview", "follow")
async def evidence(stage: Stage, key: str) -> None:
    await stage.q.bury_many(1)
    await stage.until(lambda: LETTERS_LIE in chosen(stage), "it is told")
    await stage.press(key)
    await stage.is_in("dlq")


@does("overview", "screen.span")
async def span(stage: Stage, key: str) -> None:
    await stage.misses("└-15 min")
    await stage.press(key)
    await stage.sees("└-15 min")


@does("overview", "screen.charts")
async def charts(stage: Stage, key: str) -> None:
    await stage.sees("ack floor")
    await stage.press(key)
    await stage.misses("ack floor")
    await stage.sees("Retries, per minute")
    await stage.press(key)
    await stage.sees("ack floor")
