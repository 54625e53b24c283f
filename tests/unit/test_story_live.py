"""What is overheard of a task, put among what was read of it: nothing twice, nothing lost."""

from __future__ import annotations

import pytest

from farutech_console.operations.model import EventKind, TaskEvent
from farutech_console.operations.steps import StepSource, TaskStep
from farutech_console.operations.story.live import is_of, with_heard
from farutech_console.operations.story.view import TaskStory, Whereabouts
from tests.console.moment import ago


def step(kind: str, seconds: float, attempt: int = 0, source: StepSource = "worker") -> TaskStep:
    return TaskStep(ago(seconds), kind, source, "t", attempt=attempt)


def event(kind: EventKind, seconds: float, attempt: int = 0) -> TaskEvent:
    return TaskEvent(ago(seconds), kind, 7, attempt, "t")


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        (step("retrying", 60, 1), event("retrying", 59.9, 1)),
        (step("replayed", 60, source="stored"), event("published", 60)),
        (step("duplicate_skipped", 60), event("succeeded", 60, 1)),
        (step("dead_lettered", 60, 5), event("terminated", 59.8, 5)),
        (step("held", 60, 2), event("retrying", 59.8, 2)),
    ],
)
def test_what_a_worker_told_of_is_not_told_again(told: TaskStep, heard: TaskEvent) -> None:
    assert with_heard([told], [heard]) == (told,)


@pytest.mark.parametrize(
    "heard",
    [event("retrying", 40, 1), event("retrying", 59, 2), event("succeeded", 60, 1)],
)
def test_what_nobody_else_told_of_is_put_in_its_place(heard: TaskEvent) -> None:
    first, last = step("retrying", 60, 1), step("started", 1, 3)
    kinds = [each.kind for each in with_heard([first, last], [heard])]
    assert kinds == ["retrying", heard.kind, "started"] or heard.at == first.at


def test_a_fleet_that_tells_nothing_has_its_attempts_told_by_the_wire() -> None:
    published = step("published", 100, source="stored")
    heard = [event("published", 100)]
    heard += [event("retrying", 90 - 20 * attempt, attempt) for attempt in range(1, 4)]
    told = with_heard([published], heard)
    assert [(each.kind, each.attempt) for each in told] == [
        ("published", 0), ("retrying", 1), ("retrying", 2), ("retrying", 3),
    ]  # fmt: skip


def test_being_in_progress_is_told_once_and_only_while_it_is_so() -> None:
    beats = [event("in_progress", seconds, 1) for seconds in (30, 20, 10)]
    assert [each.at for each in with_heard([], beats)] == [ago(10)]
    assert [each.kind for each in with_heard([], [*beats, event("succeeded", 5, 1)])] == [
        "succeeded"
    ]


def test_an_event_without_a_task_is_known_by_its_sequence_in_the_work_queue() -> None:
    where = (Whereabouts("in_flight", "PROVISIONING", 7), Whereabouts("dead", "DLQ", 9))
    story = TaskStory("t", "", "", where, (), (), ())
    assert is_of(TaskEvent(ago(1), "retrying", 7), story)
    assert not is_of(TaskEvent(ago(1), "retrying", 9), story)
    assert not is_of(TaskEvent(ago(1), "published"), story)
    assert not is_of(TaskEvent(ago(1), "retrying", 7, task_id="other"), story)


def test_a_task_is_published_before_a_worker_has_it_whatever_the_clocks_say() -> None:
    received = step("received", 60.0, 1)
    told = with_heard([received], [event("published", 59.9)])
    assert [each.kind for each in told] == ["published", "received"]
    again = with_heard([received], [event("published", 10)])
    assert [each.kind for each in again] == ["received", "published"]
