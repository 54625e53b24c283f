"""Whether dead letters are to move into their own stream, and what keeps them from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.found import (
    LEVELS,
    NAMES,
    as_declared,
    as_go_made_it,
    plan,
    with_consumer,
    with_stream,
)
from worker.model.names import QueueNames
from worker.model.topology import StreamSpec
from worker.model.topology_changes import MoveDeadLetters
from worker.model.topology_found import FoundStream


def test_only_2_10_says_that_workers_must_be_stopped() -> None:
    for version in LEVELS:
        effect = plan(as_go_made_it(version))["provisioning.dlq: dead letters"].effect
        assert ("workers must be stopped" in effect) == (version == "2.10.26")


def test_workers_that_pull_keep_2_10_from_moving_letters() -> None:
    pulling = with_consumer(as_go_made_it("2.10.26"), waiting=2)
    letters = plan(pulling)["provisioning.dlq: dead letters"]
    assert (letters.verdict, letters.change) == ("refused", None)
    assert "stop them" in letters.reason
    assert plan(with_consumer(as_go_made_it(), waiting=2))[letters.what].verdict == "pause"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"open_claims": 3}, "3 replays are not finished"),
        ({"open_claims": 1}, "1 replay is not finished"),
        ({"letter_readers": ("go-dlq-tool",)}, "go-dlq-tool reads dead letters"),
    ],
)
def test_what_keeps_letters_where_they_are(changes: dict[str, Any], reason: str) -> None:
    letters = plan(as_go_made_it(**changes))["provisioning.dlq: dead letters"]
    assert letters.verdict == "refused"
    assert reason in letters.reason


def test_a_wildcard_is_not_taken_apart() -> None:
    found = with_stream(as_go_made_it(), NAMES.stream, subjects=("provisioning.>",))
    letters = plan(found)["provisioning.dlq: dead letters"]
    assert letters.verdict == "refused"
    assert "provisioning.>" in letters.reason


def test_a_strange_stream_of_the_name_is_left_alone() -> None:
    theirs = FoundStream(StreamSpec(NAMES.dlq_stream, ("other",)))
    go = as_go_made_it()
    found = replace(go, streams=dict(go.streams) | {NAMES.dlq_stream: theirs})
    letters = plan(found)["provisioning.dlq: dead letters"]
    assert letters.verdict == "refused"
    assert "takes other" in letters.reason


def test_letters_that_lie_elsewhere_are_left_there() -> None:
    letters = plan(replace(as_declared(), dlq_home="ELSEWHERE"))["provisioning.dlq: dead letters"]
    assert (letters.verdict, letters.actual) == ("refused", "in ELSEWHERE")


def test_a_migration_that_was_interrupted_is_to_be_gone_on_with() -> None:
    half = FoundStream(StreamSpec(NAMES.dlq_stream, (NAMES.moving_dlq,)))
    go = as_go_made_it()
    copying = replace(go, streams=dict(go.streams) | {NAMES.dlq_stream: half})
    without_home = with_stream(replace(copying, dlq_home=""), NAMES.stream, subjects=(NAMES.tasks,))
    left_over = with_stream(as_declared(), NAMES.stream, letters=7)
    paused = replace(as_declared(), pause_left_behind=True)
    for found in (copying, without_home, left_over, paused):
        letters = plan(found)["provisioning.dlq: dead letters"]
        assert isinstance(letters.change, MoveDeadLetters), found


def test_finishing_a_migration_needs_no_pause() -> None:
    found = with_stream(as_declared("2.10.26"), NAMES.stream, letters=1)
    (letters,) = plan(with_consumer(found, waiting=1)).values()
    assert (letters.verdict, letters.actual) == (
        "safe",
        "left in PROVISIONING, kept 72 h: 1 letter",
    )


def test_letters_are_never_moved_back() -> None:
    names = QueueNames(dlq_stream_name="PROVISIONING")
    letters = plan(as_declared(), names)["provisioning.dlq: dead letters"]
    assert letters.verdict == "refused"
    assert "DLQ_STREAM=PROVISIONING_DLQ" in letters.reason
    assert "provisioning.dlq: dead letters" not in plan(as_go_made_it(), names)
