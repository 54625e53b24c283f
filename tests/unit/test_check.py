"""Thresholds, states and the line that monitoring reads."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from farutech_console.operations.fleet.silence import silent_in
from farutech_console.operations.fleet.view import FleetView, WorkerView
from farutech_console.operations.model import DeadLetterState, QueueStatus
from farutech_console.operations.watch.check import (
    Threshold,
    ThresholdError,
    Thresholds,
    check,
    read_threshold,
    unknown,
)
from farutech_console.operations.watch.overview import overview_of
from farutech_console.operations.watch.trend import Trend
from tests.console.fixed_queue import some_status
from tests.console.moment import NOW
from worker.model.event import Event, EventKind
from worker.model.fleet import WorkerReport

DATA = re.compile(r"^('[a-z_]+'=(U|[0-9.e+]+)s?;([0-9.]+:?)?;([0-9.]+:?)?;0 ?)+$")


def status(depth: int = 0, stuck: int = 0, pending: int = 0) -> QueueStatus:
    found = some_status()
    assert found.consumer is not None
    consumer = replace(found.consumer, pending=pending, waiting=1, max_ack_pending=-1)
    oldest = NOW - timedelta(hours=1) if depth else None
    dead = DeadLetterState("PROVISIONING_DLQ", depth, oldest, oldest, None)
    return replace(found, consumer=consumer, dead_letters=dead, stuck=stuck)


def fleet(workers: int = 1) -> FleetView:
    report = WorkerReport(worker_id="w")
    seen = tuple(
        WorkerView(f"k{n}", "farutech", f"w{n}", "running", NOW, report=report)
        for n in range(workers)
    )
    return FleetView(NOW, seen, clients_told=True)


def line(
    found: QueueStatus,
    limits: Thresholds | None = None,
    workers: int = 1,
    silent: tuple[str, ...] = (),
) -> tuple[str, str]:
    seen = overview_of(found, Trend(), fleet(workers), NOW)
    verdict = check(seen, silent, limits or Thresholds(), NOW)
    return verdict.state, verdict.line


@pytest.mark.parametrize(
    ("text", "threshold"),
    [
        ("10,50", Threshold(10, 50)),
        ("10", Threshold(10)),
        ("10,", Threshold(10)),
        (",50", Threshold(None, 50)),
        ("0.5,", Threshold(0.5)),
        (",", Threshold()),
    ],
)
def test_thresholds_are_read(text: str, threshold: Threshold) -> None:
    assert read_threshold(text) == threshold


@pytest.mark.parametrize("text", ["x", "1,2,3", "-1,", "nan,", "inf", "10:50"])
def test_what_is_no_threshold_is_refused(text: str) -> None:
    with pytest.raises(ThresholdError):
        read_threshold(text)


@pytest.mark.parametrize(("text", "fewest"), [("50,10", False), ("1,2", True)])
def test_thresholds_that_could_never_warn_are_refused(text: str, *, fewest: bool) -> None:
    with pytest.raises(ThresholdError, match="WARN comes before CRIT"):
        read_threshold(text, fewest=fewest)
    read_threshold("5,5", fewest=fewest)
    read_threshold(text, fewest=not fewest)


@pytest.mark.parametrize(
    ("value", "state"), [(0, "OK"), (10, "OK"), (11, "WARNING"), (50, "WARNING"), (51, "CRITICAL")]
)
def test_above_the_limit_is_beyond_it(value: float, state: str) -> None:
    assert Threshold(10, 50).judge(value) == state


@pytest.mark.parametrize(
    ("value", "state"), [(4, "OK"), (3, "WARNING"), (2, "WARNING"), (1, "CRITICAL")]
)
def test_or_below_it_where_fewest_counts(value: float, state: str) -> None:
    assert Threshold(4, 2, fewest=True).judge(value) == state


def test_a_queue_that_is_well() -> None:
    state, text = line(status())
    assert state == "OK"
    told, _, data = text.partition(" | ")
    assert told == "FARUTECH OK - 0 tasks pending, 0 dead letters, 1 worker"
    assert DATA.match(data), data
    assert data.startswith("'lag'=0;;;0 'dlq_depth'=0;0;;0 'oldest_letter'=0s;;;0 'stuck'=0;;0;0")
    assert data.endswith("'workers'=1;;1:;0")


def test_the_worst_gives_the_state_and_comes_first() -> None:
    state, text = line(status(depth=3, stuck=2, pending=12_481))
    assert state == "CRITICAL"
    assert text.startswith("FARUTECH CRITICAL - 2 tasks stuck; 3 dead letters |")
    assert line(status(depth=3))[0] == "WARNING"
    limits = Thresholds(lag=Threshold(10_000, 20_000), dlq_depth=Threshold(), stuck=Threshold())
    assert line(status(depth=3, stuck=2, pending=12_481), limits)[0] == "WARNING"
    old = Thresholds(dlq_depth=Threshold(), oldest_letter=Threshold(60, 1800))
    assert line(status(depth=1), old)[0] == "CRITICAL"


def test_what_stands_still_is_critical_whatever_the_thresholds() -> None:
    nothing = Thresholds(*(Threshold() for _ in range(6)))
    found = status()
    assert found.consumer is not None
    for broken in (
        replace(found, consumer=None),
        replace(found, dead_letters=None),
        replace(found, consumer=replace(found.consumer, waiting=0, ack_pending=0, pending=5)),
    ):
        assert line(broken, nothing)[0] == "CRITICAL"
    paused = replace(found, consumer=replace(found.consumer, paused=True, pause_remaining=60.0))
    assert line(paused, nothing)[0] == "WARNING"
    assert "'lag'=U;;;0" in line(replace(found, consumer=None))[1]


def test_workers() -> None:
    assert line(status(), workers=0)[0] == "CRITICAL"
    lost = ("w-9|x",)
    state, text = line(status(), silent=lost)
    assert state == "CRITICAL"
    assert "silent with tasks in hand: w-9/x |" in text
    assert text.count("|") == 1


def test_unknown_has_no_figures() -> None:
    assert unknown("no server | answers").line == "FARUTECH UNKNOWN - no server / answers"


AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def event(worker: str, sequence: int, kind: EventKind, seconds_ago: float) -> Event:
    at = AT - timedelta(seconds=seconds_ago)
    return Event(at=at, kind=kind, worker_id=worker, stream_sequence=sequence)


def test_silent_is_who_left_tasks_in_the_middle() -> None:
    events = [
        event("dead", 1, "started", 60),
        event("dead", 2, "received", 50),
        event("left", 3, "started", 60),
        event("left", 3, "succeeded", 40),
        event("there", 4, "started", 60),
        event("slow", 5, "started", 1),
        event("dead-long-ago", 6, "started", 3600),
        event("taken-over", 7, "started", 60),
        event("there", 7, "received", 30),
    ]
    assert silent_in(events, {"there"}, AT) == ("dead",)
