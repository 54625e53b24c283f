"""A run told in lines: each fits the terminal, and none of what came of it is left out."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from farutech_console.operations.model import Outcome
from farutech_console.operations.pace.pacing import parse_rate
from farutech_console.operations.pace.reasons import Reason
from farutech_console.tui.common.aftermath import Aftermath
from farutech_console.tui.common.outcomes import outcome_lines
from farutech_console.tui.common.preview import preview
from farutech_console.tui.common.progress import Progress, Run, progress_lines
from farutech_console.tui.common.spans import cells_of, text_of
from tests.console.fixed import FixedBackend
from tests.console.moment import NOW
from tests.support.outages import HandClock
from worker.jetstream.replays.parts import LETTER_LEFT

PLAN = replace(asyncio.run(FixedBackend().plan_replay(None)), sequences=tuple(range(12_008)))
STOPPED = Reason("first_lasts", seconds=300)
UNDER_WAY = Progress(
    PLAN,
    Counter(replayed=3_922),
    speed=145.3,
    eta=55.7,
    fates={"succeeded": 838, "dead": 12, "running": 31, "unheard": 3_041},
    limit="1200/s",
)
ENDED = replace(UNDER_WAY, ended=True, reason=STOPPED)
BROKEN = replace(
    ENDED, counts=Counter(replayed=9, failed=3), failure="no answer from 127.0.0.1:4222 " * 4
)


@pytest.mark.parametrize("width", range(70, 200, 5))
@pytest.mark.parametrize("progress", [UNDER_WAY, ENDED, BROKEN], ids=["runs", "ended", "broken"])
def test_every_line_of_a_run_fits_and_tells_what_became_of_the_tasks(
    progress: Progress, width: int
) -> None:
    lines = progress_lines(progress, width)

    assert max(map(cells_of, lines)) <= width
    told = " ".join(" ".join(text_of(line) for line in lines).split())
    for fate in ("838 succeeded", "12 came back dead", "31 running", "3,041 not heard of"):
        assert fate in told
    for words in (str(progress.reason or ""), progress.failure):
        assert " ".join(words.split()) in told


def test_what_is_left_takes_as_long_as_the_rate_that_it_is_held_to() -> None:
    clock = HandClock()
    run = Run(replace(PLAN, sequences=tuple(range(100))), clock)
    run.control.begin(100)
    clock.seconds += 1
    for number in range(20):
        outcome = Outcome(number, f"task-{number}", "replayed")
        run.add(outcome)
        run.control.count([outcome])
    assert "20/100 20/s 4 s left" in text_of(progress_lines(run.progress, 200)[0])
    run.control.change_rate(parse_rate("5/s"))
    assert "20/100 at 5/s 20/s 16 s left" in text_of(progress_lines(run.progress, 200)[0])


def test_a_run_that_ended_early_says_how_many_it_did_not_reach() -> None:
    (line, *_) = progress_lines(replace(ENDED, reason=None, fates={}), 200)

    assert "3,922 replayed  – 8,086 not reached" in text_of(line)  # noqa: RUF001 - a glyph
    assert "not reached" not in text_of(progress_lines(UNDER_WAY, 200)[0])


def test_the_outcomes_name_those_that_are_not_listed_and_those_not_reached() -> None:
    kept = [Outcome(number, f"task-{number}", "purged") for number in range(3)]

    lines = outcome_lines(kept, Aftermath((), NOW), settled=12, not_reached=1)

    assert [text_of(line) for line in lines[3:]] == [
        "… 9 more are not listed",
        "– 1 not reached: it lies where it lay",  # noqa: RUF001 - a glyph
    ]


def test_a_plan_of_very_many_is_no_plan_without_tasks() -> None:
    told = [text_of(line) for line in preview(replace(PLAN, task_ids=()), NOW)]

    assert not any(line.startswith("tasks") for line in told)


def test_a_letter_that_was_sent_and_could_not_be_deleted_is_told() -> None:
    left = Outcome(7, "t-7", "replayed", LETTER_LEFT)
    (line,) = outcome_lines([left], Aftermath((), NOW))
    assert text_of(line).endswith(
        "▲ its dead letter could not be deleted yet; to replay it again sends nothing"
    )
