"""The verdict: a headline that counts, and problems that each have their place on the screen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farutech_console.operations.causes.causes import Causes
from farutech_console.operations.fleet.view import FleetView, WorkerView
from farutech_console.operations.watch.fleet_verdict import fleet_problems
from farutech_console.operations.watch.problem import Problem
from farutech_console.operations.watch.trend import Hearing, Rates
from farutech_console.operations.watch.verdict import drain_text, headline, problems
from farutech_console.tui.common.spans import cells_of, text_of
from farutech_console.tui.overview.rows import (
    SHORT,
    consumer_figures,
    failure_figures,
    server_line,
    stream_figures,
    told_ago,
)
from farutech_console.tui.overview.verdict import POINTER, verdict_lines
from tests.console.fixed_fleet import some_workers
from tests.console.fixed_queue import some_status
from tests.console.moment import NOW, ago
from worker.model.fleet import WorkerReport

GROWING = Rates(1.0, 1.0, 12.0, 14 / 60, 0.0)
TELLING = FleetView(ago(7), some_workers()[:1])


def test_the_headline_counts_problems_and_names_them_worst_first() -> None:
    told = headline(problems(some_status(), GROWING, NOW))
    assert told.startswith(
        "2 problems, 1 warning: 40 dead letters +14.0/min; 3 tasks stuck since 02:20 UTC; "
    )
    assert told.endswith("the backlog grows by 12/s")
    assert headline(()) == ""
    assert headline([Problem("warn", "it is late", brief="late")]) == "1 warning: late"


@pytest.mark.parametrize(
    ("since", "last", "told"),
    [
        (3_000, 1, "3 tasks stuck since 01:51 UTC"),
        (86_400, 1, "3 tasks stuck since 2026-11-23 02:41 UTC"),
        (None, 1, "3 tasks stuck"),
        (None, 3_000, "3 tasks stuck, nothing was delivered since 01:51 UTC"),
    ],
)
def test_stuck_tasks_are_told_of_with_the_time_that_is_known(
    since: float | None, last: float, told: str
) -> None:
    status = some_status(stuck_since=None if since is None else ago(since))
    assert status.consumer is not None
    status = replace(status, consumer=replace(status.consumer, last_delivered_at=ago(last)))
    (problem,) = (one for one in problems(status, Rates(), NOW) if one.kind == "stuck")
    assert problem.brief == told
    assert problem.text == f"{told}: deliveries spent, nobody will get them again"


@pytest.mark.parametrize(
    ("hosts", "told"),
    [
        (["acme-db:5432"] * 3 + ["globex-db:5432"], "«connection refused» at acme-db:5432"),
        (["acme-db:5432", "globex-db:5432"], "«connection refused: <addr>» at 4 tenants"),
    ],
)
def test_the_host_that_most_letters_of_a_cause_name_is_named(hosts: list[str], told: str) -> None:
    causes = Causes()
    for number in range(4):
        error = f"connection refused: {hosts[number % len(hosts)]}"
        causes.add(LetterOf(number + 1, ago(60), f"t-{number}", error))
    found = problems(some_status(), Rates(), NOW, causes=causes.ranked())
    (letters,) = (one for one in found if one.kind == "dead_letters")
    assert f", mostly {told};" in letters.text


@dataclass(frozen=True)
class LetterOf:
    sequence: int
    died_at: datetime
    tenant_id: str
    error: str
    error_type: str = ""


@pytest.mark.parametrize(
    ("pending", "pace", "told"),
    [
        (100, -1.0, "in about 1 min 40 s"),
        (100, 12.0, "grows by 12/s"),
        (100, 0.0, "does not shrink"),
        (0, 0.0, "nothing waits"),
        (100, None, ""),
    ],
)
def test_it_is_said_when_the_backlog_is_gone_or_that_it_never_is(
    pending: int, pace: float | None, told: str
) -> None:
    assert drain_text(pending, Rates(pending=pace)) == told


def figures_of(hearing: Hearing) -> dict[str, str]:
    rates = Rates(0.0, 0.0, 0.0, 0.0, 0.0).heard(hearing)
    status = some_status()
    shown = [
        *stream_figures(status, rates, NOW, hearing),
        *failure_figures(status, rates, NOW, hearing),
    ]
    return {label: text for label, text, _ in shown}


def test_a_rate_that_is_not_overheard_is_no_rate_of_none() -> None:
    heard = figures_of(Hearing())
    assert (heard["in"], heard["out"], heard["retries"]) == ("0/s", "0/s", "0/s")
    half = figures_of(Hearing(frozenset({"task"})))
    assert (half["in"], half["out"], half["retries"]) == ("not heard", "0/s", "0/s")
    for hearing in (Hearing(frozenset({"task", "acknowledgement"})), Hearing(unheard=True)):
        none = figures_of(hearing)
        assert {none["in"], none["out"], none["retries"]} == {"not heard"}
        assert none["coming in"] == "0/s"
        told = problems(some_status(), Rates(), NOW, hearing=hearing)
        assert [problem.room for problem in told if problem.kind == "deaf"] == ["tasks"]


def test_backoff_is_told_apart_with_its_age_where_workers_tell() -> None:
    status = some_status()
    told = {label: text for label, text, _ in consumer_figures(status, Rates(), TELLING)}
    busy = TELLING.busy
    assert busy
    assert (told["in flight"], told["in backoff"]) == (f"≈{busy}", f"≈{271 - busy}")
    assert told_ago(status, TELLING, NOW) == "≈ 7 s ago"
    silent = replace(TELLING, workers=some_workers())
    untold = {label: text for label, text, _ in consumer_figures(status, Rates(), silent)}
    assert untold["in backoff"] == "not told"
    assert told_ago(status, silent, NOW) == "some workers tell nothing"


def test_who_leads_is_told_and_that_nobody_does() -> None:
    status = some_status()
    assert status.consumer is not None
    led = replace(
        status,
        server=replace(status.server, cluster="eu"),
        work_queue=replace(status.work_queue, leader="s2"),
        consumer=replace(status.consumer, leader=""),
    )
    told = text_of(server_line(led))
    assert "cluster eu · rtt 0.4 ms · stream leader s2" in told
    assert "▲ no consumer leader" in told
    assert "rtt 0.4 ms" in told
    assert "leader" not in text_of(server_line(status))
    whole = text_of(server_line(led, short=True))
    for width in range(30, 120):
        shown = text_of(server_line(led, width, short=True))
        assert len(shown) <= width
        assert whole.startswith(shown)
        assert whole[len(shown) :].startswith((" · ", "")[len(shown) == len(whole) :])
    at_80 = text_of(server_line(led, 80, short=True))
    assert "no consumer leader · consumer delivered to 88,372 · cluster eu" in at_80


def test_dead_letters_that_go_are_not_said_to_come_in() -> None:
    def told(pace: float | None) -> tuple[str, str]:
        rates = Rates(dead_letters=pace)
        return failure_figures(some_status(), rates, NOW)[1][:2]

    assert told(2.0) == ("coming in", "2.0/s")
    assert told(-82.0) == ("going out", "82/s")
    assert told(None) == ("coming in", "–")  # noqa: RUF001 - a glyph


def test_what_the_consumers_panel_has_no_room_for_stands_beside_the_failures() -> None:
    small = failure_figures(some_status(), Rates(), NOW, short=True)
    assert small[-1][:2] == ("max deliver", "5 × 30 s")  # noqa: RUF001 - a sign
    assert len(small) <= SHORT
    assert small[:-1] == failure_figures(some_status(), Rates(), NOW)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=90)
PROBLEMS = st.lists(
    st.builds(Problem, st.sampled_from(["bad", "warn"]), TEXTS, st.sampled_from(["", "dlq"])),
    min_size=1,
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(
    found=PROBLEMS,
    where=st.integers(0, 11),
    width=st.integers(40, 160),
    most=st.integers(3, 10),
)
def test_the_verdict_keeps_to_its_lines_and_the_chosen_problem_is_always_there(
    found: list[Problem], where: int, width: int, most: int
) -> None:
    chosen = where % len(found)
    lines = verdict_lines(some_status(), found, chosen, width=width, most=most)
    assert len(lines) <= most
    assert all(cells_of(each.spans) <= width for each in lines)
    pointed = [each for each in lines if text_of(each.spans).startswith(POINTER)]
    assert [each.problem for each in pointed] == [chosen]
    if len(found) < most:
        assert {each.problem for each in lines} == {None, *range(len(found))}


def test_who_fell_silent_with_nothing_in_hand_may_have_been_stopped() -> None:
    busy, *_ = some_workers()
    idle = replace(busy, report=replace_report(busy.report, in_flight=0, held=0))
    for worker, grade, ends in (
        (busy, "bad", "is silent since 1 min 35 s"),
        (replace(busy, report=None), "bad", "is silent since 1 min 35 s"),
        (idle, "warn", "stopped or dead; it had no task in hand"),
    ):
        silent = replace(worker, condition="silent", seen_at=ago(95))
        (told,) = fleet_problems(FleetView(NOW, (silent,)), NOW)
        assert (told.grade, told.brief) == (grade, "worker-001 is silent")
        assert told.text.endswith(ends)


def test_an_open_breaker_is_told_with_what_opened_it_at_most_workers() -> None:
    _, worker, *_ = some_workers()
    (breaker,) = worker.report.breakers if worker.report else ()

    def holding(name: str, error: str) -> WorkerView:
        held = breaker.model_copy(update={"error": error})
        return replace(worker, key=name, report=replace_report(worker.report, breakers=(held,)))

    fleet = FleetView(
        NOW,
        (
            holding("a", "connect to 10.0.3.7:5432: refused"),
            holding("b", "no answer after 30 s"),
            holding("c", "connect to 10.0.3.8:5432: refused"),
        ),
    )
    (told,) = fleet_problems(fleet, NOW)
    assert told.brief == "the breaker of update is open at 3 workers"
    assert told.text == f"{told.brief}: connect to <addr>: refused"


def replace_report(report: WorkerReport | None, **changes: object) -> WorkerReport:
    assert report is not None
    return report.model_copy(update=changes)
