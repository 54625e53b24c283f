"""What is overheard becomes events: counted, named where it can be, bounded."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farutech_console.operations.live.feed import SETTLE, LiveFeed, read_event
from farutech_console.operations.live.task_names import TaskName, TaskNames
from farutech_console.operations.model import TaskEvent
from worker.jetstream.fleet.feed import Heard
from worker.model.acknowledgement import Acknowledgement, read_acknowledgement
from worker.model.heard import HeardKind

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ACK = "$JS.ACK.PROVISIONING.provisioning-worker.{count}.{sequence}.77.1764000000000000000.0"
TASK = b'{"task_id":"t-1","tenant_id":"acme","task_type":"provision"}'


class _Clock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


def _ack(body: bytes, *, count: int = 1, sequence: int = 5) -> Heard:
    return Heard("acknowledgement", ACK.format(count=count, sequence=sequence), body)


def _settled(feed: LiveFeed, clock: _Clock) -> list[TaskEvent]:
    clock.time += SETTLE
    return list(feed.drain())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", Acknowledgement("ack")),
        (b"+ACK", Acknowledgement("ack")),
        (b"-NAK", Acknowledgement("nak", delay=0.0)),
        (b'-NAK {"delay": 10000000000}', Acknowledgement("nak", delay=10.0)),
        (b'-NAK {"delay": "soon"}', Acknowledgement("nak", delay=0.0)),
        (b"-NAK [1]", Acknowledgement("nak", delay=0.0)),
        (b"+WPI", Acknowledgement("in_progress")),
        (b"+TERM bad payload", Acknowledgement("term", reason="bad payload")),
        (b"+TERM", Acknowledgement("term")),
    ],
)
def test_every_answer_of_a_worker_is_read(body: bytes, expected: Acknowledgement) -> None:
    assert read_acknowledgement(body) == expected


def test_a_retry_tells_attempt_and_delay() -> None:
    event = read_event(_ack(b'-NAK {"delay": 2500000000}', count=3, sequence=9), NOW)
    assert event == TaskEvent(NOW, "retrying", 9, attempt=3, delay=2.5)


def test_a_domain_in_front_of_the_stream_is_understood() -> None:
    subject = "$JS.ACK.hub.ACCHASH.PROVISIONING.provisioning-worker.2.9.77.1764000000000000000.0.xy"
    event = read_event(Heard("acknowledgement", subject, b"+ACK"), NOW)
    assert event == TaskEvent(NOW, "succeeded", 9, attempt=2)


def test_the_go_fleets_dead_letters_tell_their_task() -> None:
    samples = Path(__file__).parents[1] / "samples" / "go-dead-letters.jsonl"
    event = read_event(
        Heard("dead_letter", "provisioning.dlq", samples.read_bytes().splitlines()[0]), NOW
    )
    assert event is not None
    assert (event.kind, event.task_type, event.attempt) == ("dead_lettered", "migrate", 5)
    assert event.detail == "unknown task type: migrate"


@given(st.sampled_from(["task", "dead_letter", "acknowledgement", "exhausted"]), st.binary())
def test_no_bytes_make_it_fail(kind: HeardKind, body: bytes) -> None:
    read_event(Heard(kind, ACK.format(count=1, sequence=1), body), NOW)


async def test_events_wait_a_moment_and_are_named_then() -> None:
    clock, names = _Clock(), TaskNames()
    feed = LiveFeed(clock, names)
    feed.hear(_ack(b"+ACK", sequence=5))
    assert not feed.drain()
    names.learn(5, TaskName("t-1", "acme", "provision"))
    assert [event.task_id for event in _settled(feed, clock)] == ["t-1"]
    assert not feed.drain()


async def test_totals_count_each_kind_apart() -> None:
    feed = LiveFeed(_Clock(), TaskNames())
    for heard in (
        Heard("task", "provisioning.tasks", TASK),
        _ack(b"+ACK"),
        _ack(b"-NAK"),
        _ack(b"+WPI"),
        _ack(b"+TERM gone"),
        Heard("dead_letter", "provisioning.dlq", b"{}"),
    ):
        feed.hear(heard)
    counts = feed.counts()
    assert (counts.published, counts.succeeded, counts.retrying) == (1, 1, 1)
    assert (counts.terminated, counts.dead_lettered, counts.dropped) == (1, 1, 0)


async def test_a_full_ring_drops_the_oldest_and_says_so() -> None:
    clock = _Clock()
    feed = LiveFeed(clock, TaskNames(), ring=3)
    for sequence in range(1, 6):
        feed.hear(_ack(b"+ACK", sequence=sequence))
    assert feed.counts().dropped == 2
    assert [event.sequence for event in _settled(feed, clock)] == [3, 4, 5]


async def test_order_is_kept() -> None:
    clock = _Clock()
    feed = LiveFeed(clock, TaskNames())
    for sequence in range(1, 4):
        feed.hear(_ack(b"+ACK", sequence=sequence))
        clock.time += timedelta(seconds=0.01)
    assert [event.sequence for event in _settled(feed, clock)] == [1, 2, 3]


async def test_large_bodies_are_not_held() -> None:
    feed = LiveFeed(_Clock(), TaskNames())
    feed.hear(Heard("task", "provisioning.tasks", base64.b64encode(bytes(50_000))))
    assert all(isinstance(kept, TaskEvent) for _, kept in feed._ring)
