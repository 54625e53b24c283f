"""What is concluded of stuck tasks from what the server counts and tells."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.queues import NAMES, task
from worker.model.clock import parse_rfc3339
from worker.model.dead_letter import DeadLetter, Source
from worker.model.names import REPLAY_COUNT
from worker.model.state import ConsumerState, StreamState
from worker.model.stuck import Advisory, SpentTask, Tally, judged, read_advisory, tally_of
from worker.model.stuck_letter import signed, stuck_letter

SOURCE = Source(stream="PROVISIONING", sequence=7, subject="provisioning.tasks")


AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def told(deliveries: dict[int, int]) -> dict[int, Advisory]:
    return {sequence: Advisory(sequence, times, AT) for sequence, times in deliveries.items()}


def stream(tasks: int, last: int) -> StreamState:
    return StreamState(
        name=NAMES.stream,
        created="",
        subjects=(NAMES.tasks,),
        messages=tasks,
        bytes=0,
        first_sequence=1,
        last_sequence=last,
        first_time=None,
        last_time=None,
        retention="workqueue",
        storage="file",
        replicas=1,
        max_age=None,
        allow_direct=False,
        allow_atomic=False,
        subject_counts={NAMES.tasks: tasks} if tasks else {},
    )


def consumer(pending: int = 0, ack_pending: int = 0) -> ConsumerState:
    return ConsumerState(
        name=NAMES.consumer,
        stream=NAMES.stream,
        created="",
        pending=pending,
        ack_pending=ack_pending,
        redelivered=0,
        waiting=0,
        delivered_stream_sequence=0,
        delivered_consumer_sequence=0,
        ack_floor_stream_sequence=0,
        ack_floor_consumer_sequence=0,
        last_delivered_at=None,
        ack_wait=30.0,
        max_deliver=5,
        max_ack_pending=-1,
    )


def test_with_nothing_moving_the_count_is_exact() -> None:
    state = stream(10, 40)
    assert tally_of(state, consumer(4, 3), state, NAMES.tasks) == Tally(3, 3)


@given(
    stuck=st.integers(0, 5),
    pending=st.integers(0, 5),
    ack_pending=st.integers(0, 5),
    moves=st.lists(st.sampled_from(("publish", "deliver", "ack", "letter")), max_size=20),
    asked=st.integers(0, 20),
)
def test_whatever_moves_meanwhile_the_truth_lies_between(
    stuck: int, pending: int, ack_pending: int, moves: list[str], asked: int
) -> None:
    last = 100
    before = stream(stuck + pending + ack_pending, last)
    seen = consumer(pending, ack_pending)
    for number, move in enumerate(moves):
        if number == asked:
            seen = consumer(pending, ack_pending)
        if move in ("publish", "letter"):
            last += 1
            pending += move == "publish"
        elif move == "deliver" and pending:
            pending, ack_pending = pending - 1, ack_pending + 1
        elif move == "ack" and ack_pending:
            ack_pending -= 1
    if asked >= len(moves):
        seen = consumer(pending, ack_pending)
    tally = tally_of(before, seen, stream(stuck + pending + ack_pending, last), NAMES.tasks)
    assert tally.least <= stuck <= tally.most


def test_as_many_told_of_as_counted_are_all_of_them() -> None:
    found = judged(Tally(2, 2), told({9: 5, 4: 3}), (), consumer(ack_pending=8))
    assert found.certain == (SpentTask(4, 3, AT), SpentTask(9, 5, AT))
    assert (found.evidence, found.unknown) == ("advisories", 0)


def test_more_told_of_than_counted_are_not_believed() -> None:
    found = judged(Tally(1, 1), told({9: 5, 4: 5}), (3,), consumer(ack_pending=8))
    assert [t.sequence for t in found.certain] == [3]
    assert found.evidence == "contradicted"


def test_fewer_told_of_than_counted_leave_some_unknown() -> None:
    found = judged(Tally(5, 5), told({9: 5}), (3,), consumer(ack_pending=8))
    assert [t.sequence for t in found.certain] == [3, 9]
    assert (found.evidence, found.unknown) == ("in_part", 3)
    assert "some at most" in found.told


def test_a_count_that_is_not_exact_proves_nothing() -> None:
    found = judged(Tally(1, 4), told({9: 5}), (), consumer(ack_pending=8))
    assert (found.evidence, found.unknown) == ("in_part", 0)


@pytest.mark.parametrize(
    "body",
    [b"", b"[1]", b"\xff", b'{"stream_seq":"7","deliveries":5}', b'{"stream_seq":true}'],
)
def test_what_is_no_advisory_says_nothing(body: bytes) -> None:
    assert read_advisory(body, AT) is None


def letter(body: bytes, deliveries: int | None = 5, allowed: int = 5) -> DeadLetter:
    made = stuck_letter(body, {REPLAY_COUNT: "2"}, SOURCE, deliveries, allowed)
    now = parse_rfc3339("2026-11-24T02:00:00Z")
    assert now is not None
    return DeadLetter.from_wire(signed(made, "worker-9", now).to_wire())


def test_the_letter_says_how_it_ended_and_where_it_lay() -> None:
    died = letter(json.dumps(task(1) | {"unknown": [1]}).encode())
    assert (died.reason, died.final_attempt, died.task.attempt) == ("stuck", 5, 5)
    assert died.error == "the worker died in the last attempt: delivered 5 times, settled never"
    assert (died.worker_id, died.dlq_timestamp) == ("worker-9", "2026-11-24T02:00:00.000000Z")
    assert (died.source, died.replays, died.raw) == (SOURCE, 2, None)
    assert died.task.task_id == "task-1"
    assert died.task.model_extra == {"unknown": [1]}


@pytest.mark.parametrize(("allowed", "attempt"), [(2, 2), (-1, 1)])
def test_where_nobody_counted_it_says_so(allowed: int, attempt: int) -> None:
    died = letter(json.dumps(task()).encode(), None, allowed)
    assert died.final_attempt == attempt
    assert f"delivered {attempt} times at least" in died.error


@pytest.mark.parametrize("body", [b"\x00\xff", b'{"task_id":"t-1"}', b'{"task_id":7}'])
def test_what_is_no_task_keeps_its_bytes(body: bytes) -> None:
    assert letter(body).raw_bytes() == body
