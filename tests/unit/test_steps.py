from __future__ import annotations

from datetime import UTC, datetime

import pytest

from farutech_console.operations.durations import read_seconds, spelled
from farutech_console.operations.model import TaskEvent
from farutech_console.operations.steps import (
    STEP_KEYS,
    StepFilterError,
    TaskStep,
    of_event,
    of_overheard,
    step_filter,
    step_record,
)
from worker.model.event import Event

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
STEP = TaskStep(
    at=AT,
    kind="retrying",
    source="worker",
    task_id="t-1",
    tenant_id="Acme-1",
    task_type="provision",
    attempt=5,
    sequence=4711,
    worker_id="w-1",
    detail="timeout after 5 s [x]",
)


@pytest.mark.parametrize(
    ("words", "passes"),
    [
        ((), True),
        (("",), True),
        (("tenant:acme-*",), True),
        (("tenant:acme",), False),
        (("!tenant:acme",), True),
        (("task:t-1", "type:provision", "attempt:5", "seq:4711", "worker:w-1"), True),
        (("task:t-1", "type:update"), False),
        (("event:retrying",), True),
        (("error:TIMEOUT",), True),
        (("error:[x]",), True),
        (("error:[t]",), False),
        (("Acme",), True),
        (("!acme",), False),
        (("globex",), False),
    ],
)
def test_a_filter_takes_the_steps_that_are_like_all_of_its_words(
    words: tuple[str, ...], *, passes: bool
) -> None:
    assert step_filter(words)(STEP) is passes


def test_a_key_that_is_not_known_is_told_with_those_that_are() -> None:
    with pytest.raises(StepFilterError, match=r"'tenat'.*tenant"):
        step_filter(["tenat:acme"])


def test_every_source_gives_the_promised_keys() -> None:
    event = Event(at=AT, kind="retrying", task_id="t", delay=3.0, error="boom", id="e-1")
    heard = TaskEvent(AT, "retrying", 7, attempt=2, delay=1.5, detail="boom")
    for step in (of_event(event), of_overheard(heard)):
        record = step_record(step)
        assert list(record) == list(STEP_KEYS)
        assert (record["event"], record["detail"]) == ("retrying", "boom")
    assert step_record(of_overheard(heard))["stream_sequence"] == 7


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("15m", 900),
        ("15min", 900),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("1d", 86_400),
        ("", None),
        ("h", None),
        ("-5m", None),
        ("5 m", None),
        ("1h30", None),
        ("5w", None),
        ("9999d", None),
    ],
)
def test_lengths_of_time(text: str, seconds: float | None) -> None:
    assert read_seconds(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(45, "45s"), (900, "15m"), (5400, "1h30m"), (86_400, "1d"), (90_061, "1d1h1m1s"), (0, "0s")],
)
def test_a_length_of_time_is_spelled_as_it_is_read(seconds: float, text: str) -> None:
    assert spelled(seconds) == text
    assert read_seconds(text) == seconds
