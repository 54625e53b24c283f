from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model.breaker import BreakerStatus
from worker.model.fleet import BreakerReport, InvalidReportError, TaskReport, WorkerReport

REPORT = WorkerReport(
    worker_id="worker-9",
    version="0.1.0",
    host="h",
    pid=12,
    uptime=3.5,
    stream="PROVISIONING",
    consumer="provisioning-worker",
    state="draining",
    in_flight=1,
    rate_10s=2.5,
    totals={"succeeded": 3},
    task_types=("provision",),
    tasks=(TaskReport.of("t-1", "acme", "provision", attempt=2, seconds=1.5),),
    breakers=(BreakerReport.of(BreakerStatus("provision", "open", 2.0, 3, "refused")),),
)


def wire(**changes: object) -> Any:
    return json.loads(json.dumps(REPORT.to_wire() | changes))


def test_a_report_comes_back_as_it_went() -> None:
    assert WorkerReport.from_wire(wire()) == REPORT


def test_a_later_worker_may_say_more_and_an_earlier_one_less() -> None:
    assert WorkerReport.from_wire(wire(mood="good")) == REPORT
    assert WorkerReport.from_wire({"worker_id": "w"}).totals == {}
    assert WorkerReport.from_wire({"worker_id": "w", "uptime": 3}).uptime == 3.0


@given(st.text(st.characters(), max_size=400), st.text(st.characters(), max_size=400))
def test_hostile_names_do_not_keep_a_worker_from_being_seen(task_id: str, error: str) -> None:
    report = REPORT.model_copy(
        update={
            "tasks": (TaskReport.of(task_id, task_id, task_id),),
            "breakers": (BreakerReport.of(BreakerStatus(task_id, "open", error=error)),),
        }
    )
    assert WorkerReport.from_wire(json.loads(json.dumps(report.to_wire()))) == report


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"worker_id": 5},
        wire(uptime="long"),
        wire(in_flight=1.5),
        wire(totals=[1]),
        wire(state="dancing"),
        wire(tasks=[{"task_id": "t", "attempt": True}]),
        wire(worker_id="\ud800"),
    ],
)
def test_what_is_no_report_is_refused_in_words(value: object) -> None:
    with pytest.raises(InvalidReportError) as error:
        WorkerReport.from_wire(value)
    assert str(error.value)


def test_a_report_nested_too_deep_is_refused() -> None:
    value: dict[str, Any] = {"worker_id": "w"}
    for _ in range(100_000):
        value = {"worker_id": value}
    with pytest.raises(InvalidReportError):
        WorkerReport.from_wire(value)
