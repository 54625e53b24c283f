"""A task's story goes from causes to effects, and tells every time as it was stamped."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farutech_console.operations.steps import TaskStep
from farutech_console.operations.story.order import APART, in_order_of_cause
from farutech_console.operations.story.view import TaskStory, how_it_went
from tests.console.moment import ago

LIFE = [
    ("published", 0), ("received", 1), ("started", 1), ("progress", 1), ("retrying", 1),
    ("received", 2), ("started", 2), ("succeeded", 2),
]  # fmt: skip


def step(kind: str, seconds: float, attempt: int = 0, sequence: int = 7) -> TaskStep:
    return TaskStep(ago(seconds), kind, "worker", "t", attempt=attempt, sequence=sequence)


def again(seconds: float) -> TaskStep:
    return replace(step("received", seconds), detail="replay 1 by ben@host")


@given(st.lists(st.floats(0, 1), min_size=len(LIFE), max_size=len(LIFE)), st.randoms())
def test_whatever_the_clocks_stamp_a_life_is_told_from_its_beginning(
    errors: list[float], shuffled: random.Random
) -> None:
    steps = [
        step(kind, 60 - index * 0.1 + error, attempt)
        for index, ((kind, attempt), error) in enumerate(zip(LIFE, errors, strict=True))
    ]
    mixed = steps.copy()
    shuffled.shuffle(mixed)
    assert list(in_order_of_cause(mixed)) == steps


def test_lives_of_one_task_are_told_by_time() -> None:
    died, again = step("dead_lettered", 10, 5), step("replayed", 9, sequence=8)
    received = step("received", 9.5, 1, sequence=8)
    assert in_order_of_cause([received, again, died]) == (died, again, received)


@pytest.mark.parametrize("late", [APART.total_seconds() + 1, 3600])
def test_what_is_too_far_apart_for_two_clocks_is_told_by_time(late: float) -> None:
    received, published = step("received", 7200, 1), step("published", 7200 - late)
    assert in_order_of_cause([published, received]) == (received, published)
    assert published.at - received.at == timedelta(seconds=late)


def test_a_publish_of_unknown_sequence_is_no_cause_of_what_another_one_began() -> None:
    first, received = step("published", 10), step("received", 9.9, 1)
    died, again = step("dead_lettered", 9.8, 1), step("published", 9, sequence=0)
    assert in_order_of_cause([first, received, died, again]) == (first, received, died, again)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([step("dead_lettered", 9)], None),
        ([step("replayed", 30), step("dead_lettered", 9)], None),
        ([step("dead_lettered", 9), step("received", 7), step("succeeded", 6)], None),
        ([step("dead_lettered", 9), again(7), step("succeeded", 6)], again(7)),
        ([again(7), step("replayed", 6), again(5)], step("replayed", 6)),
        ([step("edited", 7), step("replayed", 6)], step("edited", 7)),
    ],
)
def test_how_a_letter_went_is_told_by_what_came_after_it(
    steps: list[TaskStep], told: TaskStep | None
) -> None:
    story = TaskStory("t", "acme", "provision", (), tuple(steps), (), ())
    assert how_it_went(story, ago(8)) == told
