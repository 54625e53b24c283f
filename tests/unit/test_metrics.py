"""What the worker counts, and how /metrics says it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from tests.support.telemetry import Parts
from worker.model.breaker import BreakerStatus
from worker.model.clock import SystemClock
from worker.telemetry.tally import DURATIONS, INVALID, OTHER_TYPES, Histogram, Pace


def test_tasks_are_counted_by_type_and_outcome() -> None:
    parts = Parts("provision", "update")
    for _ in range(3):
        parts.tally.ended("provision", "succeeded", 0.3)
    parts.tally.ended("update", "retrying", 20.0)
    parts.tally.ended("update", "duplicate_skipped")
    parts.tally.backed_off(12.0)
    parts.tally.buried("permanent")
    name = "farutech_tasks_total"
    assert parts.value(name, type="provision", outcome="succeeded") == 3
    assert parts.value(name, type="update", outcome="retrying") == 1
    assert parts.value(name, type="update", outcome="succeeded") == 0
    seconds = "farutech_task_duration_seconds"
    assert parts.value(f"{seconds}_count", type="provision") == 3
    assert parts.value(f"{seconds}_sum", type="provision") == pytest.approx(0.9)
    assert parts.value(f"{seconds}_bucket", type="provision", le="0.25") == 0
    assert parts.value(f"{seconds}_bucket", type="provision", le="0.5") == 3
    assert parts.value(f"{seconds}_count", type="update") == 1
    assert parts.value("farutech_backoff_seconds_bucket", le="20.0") == 1
    assert parts.value("farutech_backoff_seconds_bucket", le="10.0") == 0
    assert parts.value("farutech_dead_letters_total", reason="permanent") == 1
    assert parts.value("farutech_dead_letters_total", reason="stuck") == 0
    assert parts.tally.totals()["succeeded"] == 3
    assert parts.tally.settled == 5


def test_what_is_read_at_the_scrape_is_there() -> None:
    parts = Parts("provision", "update")
    assert parts.value("farutech_breaker_state", type="provision") == 0
    parts.tally.breaker_changed(BreakerStatus("provision", "open"))
    assert parts.value("farutech_tasks_in_flight") == 3
    assert parts.value("farutech_tasks_held") == 4
    assert parts.value("farutech_connected") == 1
    assert parts.value("farutech_reconnects_total") == 5
    assert parts.value("farutech_events_dropped_total") == 6
    assert parts.value("farutech_loop_blocked_seconds_total") == 1.5
    assert parts.value("farutech_breaker_state", type="provision") == 2
    assert parts.value("farutech_breaker_state", type="update") == 0
    assert parts.value("farutech_breaker_state", type="(other)") is None
    parts.tally.breaker_changed(BreakerStatus("provision", "closed"))
    assert parts.value("farutech_breaker_state", type="provision") == 0
    identity = {
        "worker_id": r'w "1"\n',
        "version": "0.1.0",
        "stream": "PROVISIONING",
        "consumer": "provisioning-worker",
    }
    assert parts.value("farutech_worker_info", **identity) == 1
    assert parts.value("process_open_fds") is not None


def test_task_types_without_number_share_one_label() -> None:
    parts = Parts("provision", spare=2)
    for number in range(1000):
        parts.tally.ended(f"type-{number}", "dead_lettered")
    parts.tally.ended(OTHER_TYPES, "dead_lettered")
    labels = [tally.label for tally in parts.tally.by_type()]
    assert labels == [INVALID, "provision", "type-0", "type-1", OTHER_TYPES]
    counted = parts.value("farutech_tasks_total", type=OTHER_TYPES, outcome="dead_lettered")
    assert counted == 999
    for number in range(1000):
        parts.tally.breaker_changed(BreakerStatus(f"type-{number}", "open"))
    assert len(parts.tally.breakers) == 100


def test_what_is_no_task_has_a_label_that_no_task_type_takes() -> None:
    parts = Parts(spare=2)
    parts.tally.ended("", "dead_lettered")
    parts.tally.ended(INVALID, "succeeded")

    def count(task_type: str, outcome: str) -> float | None:
        return parts.value("farutech_tasks_total", type=task_type, outcome=outcome)

    assert (count(INVALID, "dead_lettered"), count(INVALID, "succeeded")) == (1, 0)
    assert count(OTHER_TYPES, "succeeded") == 1
    assert count("", "dead_lettered") is None


@given(st.lists(st.text(st.characters(), max_size=200), max_size=10))
def test_whatever_a_task_type_is_it_can_be_scraped(task_types: list[str]) -> None:
    parts = Parts(spare=100)
    for task_type in task_types:
        parts.tally.ended(task_type, "succeeded", 0.1)
        parts.tally.breaker_changed(BreakerStatus(task_type, "open"))
    from prometheus_client import generate_latest

    text = generate_latest(parts.registry).decode()
    samples = [s for f in text_string_to_metric_families(text) for s in f.samples]
    keys = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in samples]
    assert len(keys) == len(set(keys))
    total = sum(s.value for s in samples if s.name == "farutech_tasks_total")
    assert total == len(task_types)


@given(st.lists(st.floats(0, 1e6), max_size=50))
def test_a_histogram_counts_each_value_once_up_to_its_bound(values: list[float]) -> None:
    histogram = Histogram(DURATIONS)
    for value in values:
        histogram.observe(value)
    for index, bound in enumerate(DURATIONS):
        assert sum(histogram.counts[: index + 1]) == sum(value <= bound for value in values)
    assert sum(histogram.counts) == len(values)


def test_the_pace_is_that_of_the_last_seconds() -> None:
    class HandClock(SystemClock):
        at = 100.0

        def monotonic(self) -> float:
            return self.at

    clock, count = HandClock(), 0
    pace = Pace(lambda: count, clock)
    assert pace.per_second(10) == 0
    for second in range(200):
        clock.at += 1.0
        count += 5 if second < 195 else 50
        pace.sample()
    assert pace.per_second(5) == pytest.approx(50)
    assert 5 < pace.per_second(60) < 10
    assert len(pace._samples) < 70
