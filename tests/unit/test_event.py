from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tokens import task_id_of
from worker.model.event import (
    EVENT_KINDS,
    LONGEST_NAME,
    LONGEST_TEXT,
    EventKind,
    InvalidEventError,
    TaskFacts,
    breaker_token,
    event_token,
    read_events,
)
from worker.model.event_encoding import (
    Stamps,
    Step,
    encode_event,
    encode_facts,
    encode_more,
    encode_quick,
    encode_seconds,
    encode_source,
)

# Lone surrogates too: JSON can carry them.
ANY_TEXT = st.text(st.characters(), max_size=300)
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
NOW = datetime(2026, 11, 23, 17, 0, 0, 123456, UTC)
FACTS = TaskFacts("t-1", "acme", "provision", 2, 77, "worker-001")


class Stopped:
    """A clock that stands still."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return 0.0


def stamps(now: datetime) -> Stamps:
    found = Stamps()
    found.set(Stopped(now))
    return found


@given(
    facts=st.builds(
        TaskFacts,
        ANY_TEXT,
        ANY_TEXT,
        ANY_TEXT,
        st.integers(1, 2**31),
        st.integers(1, 2**63),
        ANY_TEXT,
    ),
    kind=st.sampled_from(EVENT_KINDS),
    at=MOMENTS,
    error=ANY_TEXT,
    delay=st.floats(0, 1e9),
)
def test_whatever_a_task_says_its_events_come_back(
    facts: TaskFacts, kind: EventKind, at: datetime, error: str, delay: float
) -> None:
    steps = [(kind, 0.0, encode_more({"error": error, "delay": delay}))]
    text = encode_event("ab-1", steps, stamps(at), encode_facts(facts))
    assert text.isascii()
    (event,) = read_events(text.encode("ascii"))
    assert event.task_id == facts.task_id[:LONGEST_NAME]
    assert event.tenant_id == facts.tenant_id[:LONGEST_NAME]
    assert event.task_type == facts.task_type[:LONGEST_NAME]
    assert (event.attempt, event.stream_sequence) == (facts.attempt, facts.stream_sequence)
    assert (event.id, event.kind, event.error) == ("ab-1", kind, error)
    assert abs(event.at - at) <= timedelta(microseconds=1)
    assert event.worker_id == facts.worker_id
    assert event.delay == pytest.approx(delay, abs=1e-6)


@given(moments=st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_stamps_keep_time_in_whatever_order_it_comes(moments: list[float]) -> None:
    now = datetime(2026, 11, 23, 23, 59, 58, tzinfo=UTC)
    stamped = stamps(now)
    for at in (*moments, 0.0, 1.999999, 2.0, 0.0):
        told = datetime.fromisoformat(stamped.text(at))
        assert abs(told - now - timedelta(seconds=at)) <= timedelta(microseconds=2)


def test_steps_that_share_a_message_come_back_one_by_one() -> None:
    steps: list[Step] = [
        ("received", -2.5, encode_seconds(0.25)),
        ("started", -0.5, ""),
        ("succeeded", 0.0, encode_seconds(0.5)),
    ]
    text = encode_event("ab-7", steps, stamps(NOW), encode_facts(FACTS))
    events = read_events(text.encode("ascii"))
    assert [(event.kind, event.seconds) for event in events] == [
        ("received", 0.25),
        ("started", None),
        ("succeeded", 0.5),
    ]
    assert [round((event.at - NOW).total_seconds(), 3) for event in events] == [-2.5, -0.5, 0.0]
    assert len({event.id for event in events}) == 3
    for event in events:
        assert (event.task_id, event.tenant_id, event.task_type) == ("t-1", "acme", "provision")
        assert (event.attempt, event.stream_sequence, event.worker_id) == (2, 77, "worker-001")


@given(
    received=st.floats(-1e6, 1e6),
    waited=st.floats(0, 1e6),
    ran=st.floats(0, 1e6),
)
def test_a_quick_task_is_told_like_any_other(received: float, waited: float, ran: float) -> None:
    taken_up = received + waited
    at = taken_up + ran
    steps: list[Step] = [
        ("received", received, encode_seconds(taken_up - received)),
        ("started", taken_up, ""),
        ("succeeded", at, encode_seconds(ran)),
    ]
    told = encode_quick("ab-7", (received, taken_up, at, ran), stamps(NOW), encode_facts(FACTS))
    assert told == encode_event("ab-7", steps, stamps(NOW), encode_facts(FACTS))


@given(ANY_TEXT)
def test_a_token_is_a_legal_subject_token_and_stands_for_one_task_only(task_id: str) -> None:
    token = event_token(task_id)
    assert re.fullmatch(r"[!-~]{1,200}", token)
    assert not set(token) & set(".*>")
    assert task_id_of(token) in (task_id, None)
    if len(task_id) <= 16 and task_id:
        assert task_id_of(token) == task_id


@pytest.mark.parametrize(
    ("task_id", "token"),
    [
        ("b852e263-f02c-4256-afe9-4415561b0e70", "b852e263-f02c-4256-afe9-4415561b0e70"),
        ("a.b", "a%2Eb"),
        ("a b*>", "a%20b%2A%3E"),
        ("~x", "%7Ex"),
        ("=breaker-x", "%3Dbreaker-x"),
    ],
)
def test_what_a_subject_cannot_hold_is_percent_encoded(task_id: str, token: str) -> None:
    assert event_token(task_id) == token
    assert task_id_of(token) == task_id


@pytest.mark.parametrize("task_id", ["", "x" * 201, "." * 100])
def test_what_no_token_can_hold_is_hashed(task_id: str) -> None:
    token = event_token(task_id)
    assert token.startswith("~")
    assert len(token) == 33
    assert task_id_of(token) is None


def test_a_breaker_event_is_no_task() -> None:
    assert task_id_of(breaker_token("a.b")) is None
    more = encode_more({"state": "open", "delay": 2.0})
    text = encode_event(
        "x-1", [("breaker", 0.0, more)], stamps(NOW), encode_source("provision", "w")
    )
    (event,) = read_events(text.encode())
    assert (event.kind, event.state, event.task_type, event.task_id) == (
        "breaker",
        "open",
        "provision",
        "",
    )


def test_texts_are_cut_and_numbers_stay_json() -> None:
    more = encode_more(
        {"error": "e" * 5000, "delay": float("inf"), "progress": float("nan"), "seconds": -1.0}
    )
    text = encode_event("x", [("retrying", 0.0, more)], stamps(NOW), encode_facts(FACTS))
    (event,) = read_events(text.encode())
    assert len(event.error) == LONGEST_TEXT
    assert event.error.endswith("…")
    assert event.delay == 1e12
    assert event.progress is None
    assert event.seconds == -1.0


def test_the_short_way_to_say_seconds_says_the_same() -> None:
    assert encode_seconds(0.25) == encode_more({"seconds": 0.25})


def wire(**changes: object) -> bytes:
    text = encode_event("x", [("started", 0.0, "")], stamps(NOW), encode_facts(FACTS))
    value = json.loads(text)
    return json.dumps(value | changes).encode()


def test_unknown_keys_and_nulls_are_passed_over() -> None:
    (event,) = read_events(wire(shiny={"new": 1}, delay=None, seconds=3, before=None))
    assert (event.task_id, event.delay, event.seconds) == ("t-1", None, 3.0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 5000,
        b'{"event":"started"}',
        wire(event="exploded"),
        wire(event=["started"]),
        wire(at="yesterday"),
        wire(at="2026-11-23T17:00:00"),
        wire(at=5),
        wire(task_id=5),
        wire(attempt="1"),
        wire(attempt=True),
        wire(delay="soon"),
        wire(before={"event": "received"}),
        wire(before=["received"]),
        wire(before=[{"event": "received"}]),
        wire(before=[{"event": "exploded", "ago": 0.1}]),
        wire(before=[{"event": "received", "ago": "0.1"}]),
        wire(before=[{"event": "received", "ago": -1}]),
        wire(before=[{"event": "received", "ago": 1e300}]),
        wire(at="0001-01-01T00:00:00Z", before=[{"event": "received", "ago": 10}]),
    ],
)
def test_what_is_no_event_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(InvalidEventError) as error:
        read_events(data)
    assert str(error.value)
