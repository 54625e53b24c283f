"""Entries of the ledger: on the wire, their keys, and what a claim makes of one that it meets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model.ledger import (
    AlreadyDone,
    Entry,
    Found,
    HeldBy,
    InvalidEntryError,
    NotStored,
    Put,
    State,
    Step,
    begin,
    task_key,
    write,
)

LEASE = 10.0
EPOCH = datetime(2026, 11, 23, tzinfo=UTC)


@given(
    st.sampled_from(("running", "failed", "done")),
    st.text(),
    st.text(),
    st.floats(0, 1e6),
    st.integers(0, 2**63),
)
def test_an_entry_survives_its_round_trip(
    state: State, owner: str, run: str, lease: float, sequence: int
) -> None:
    entry = Entry(state, owner, run, lease, sequence)
    assert Entry.from_wire(entry.to_wire()) == entry


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"state":"asleep","owner":"","run":"","lease":1,"sequence":1}',
        b'{"state":"done","owner":7,"run":"","lease":1,"sequence":1}',
        b'{"state":"done","owner":"","run":"","lease":true,"sequence":1}',
        b'{"state":"done","owner":"","run":"","lease":1}',
    ],
)
def test_what_is_no_entry_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidEntryError):
        Entry.from_wire(body)


@given(st.text(), st.text(), st.text(), st.text())
def test_each_life_of_each_task_has_its_own_key(a: str, b: str, c: str, d: str) -> None:
    assert (task_key(a, b) == task_key(c, d)) == ((a, b) == (c, d))


@given(st.text(st.characters(), max_size=50), st.text(max_size=50))
def test_a_key_is_one_token_of_a_subject(task_id: str, replay_id: str) -> None:
    assert task_key(task_id, replay_id).isalnum()
    assert task_key(task_id, replay_id).isascii()


def found(entry: Entry | None, age: float = 0.0) -> Found:
    return Found(entry, 7, EPOCH, age)


def after_conflict(answer: Found | None) -> Step | object:
    """What a worker asks next, or what it ends with, when its claim met `answer`."""
    steps = begin(Entry("running", "me", "me-1", LEASE))
    next(steps)
    steps.send(NotStored())
    try:
        return steps.send(answer)
    except StopIteration as end:
        outcome: object = end.value
        return outcome


def test_an_expired_lease_is_taken_over_by_its_revision() -> None:
    entry = Entry("running", "dead", "dead-1", LEASE, 3)
    assert after_conflict(found(entry, LEASE - 0.5)) == HeldBy("dead", 0.5, 3)
    step = after_conflict(found(entry, LEASE))
    assert isinstance(step, Put)
    assert step.expected == 7


def test_a_finished_task_stays_finished_however_long_ago_that_was() -> None:
    entry = Entry("done", "other", "other-1", LEASE, 3)
    assert after_conflict(found(entry, 1e6)) == AlreadyDone("other", EPOCH, 3)


@pytest.mark.parametrize("entry", [Entry("failed", "other", "other-1", LEASE), None])
def test_a_task_that_failed_or_was_deleted_may_be_run(entry: Entry | None) -> None:
    step = after_conflict(found(entry))
    assert isinstance(step, Put)
    assert step.expected == 7


def test_an_entry_that_somebody_purged_is_written_anew_when_its_task_is_done() -> None:
    steps = write(Entry("done", "me", "me-1", LEASE), 7)
    next(steps)
    steps.send(NotStored())
    step = steps.send(None)
    assert isinstance(step, Put)
    assert step.expected == 0
