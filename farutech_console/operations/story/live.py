"""A story that goes on: what is overheard of a task, put among what was read of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from farutech_console.operations.steps import TaskStep, of_overheard
from farutech_console.operations.story.order import in_order_of_cause

if TYPE_CHECKING:
    from farutech_console.operations.model import TaskEvent
    from farutech_console.operations.story.view import TaskStory

SAME = timedelta(seconds=5)
"""What is overheard and what is told of are the same where they are so close."""

ALSO_CALLED: Mapping[str, frozenset[str]] = {
    # What a message on the wire stands for, where a worker or a stream tells more of it.
    "published": frozenset({"replayed"}),
    "succeeded": frozenset({"duplicate_skipped"}),
    "retrying": frozenset({"held"}),
    "terminated": frozenset({"dead_lettered", "succeeded"}),
}


def is_of(event: TaskEvent, story: TaskStory) -> bool:
    """Return whether an event is of this task, also one that names only its stream sequence."""
    if event.task_id:
        return event.task_id == story.task_id
    return event.sequence in sequences_of(story)


def sequences_of(story: TaskStory) -> frozenset[int]:
    """Return the sequences in the work queue under which the task is, or was."""
    here = {where.sequence for where in story.where if where.place not in ("dead", "archived")}
    return frozenset((here | {step.sequence for step in story.steps}) - {0})


def with_heard(steps: Sequence[TaskStep], heard: Iterable[TaskEvent]) -> tuple[TaskStep, ...]:
    """Return the steps with those that were overheard and nothing else tells of, in order.

    That a task is in progress is said again and again: the last time counts.
    """
    events = list(heard)
    beats = [event for event in events if event.kind == "in_progress"]
    others = [event for event in events if event.kind != "in_progress"]
    new = [of_overheard(event) for event in others if not _told(steps, event)]
    if beats and not any(event.at > beats[-1].at for event in others):
        new.append(of_overheard(beats[-1]))
    return in_order_of_cause([*new, *steps])


def _told(steps: Sequence[TaskStep], event: TaskEvent) -> bool:
    names = {event.kind} | ALSO_CALLED.get(event.kind, frozenset())
    return any(
        step.kind in names
        and abs(step.at - event.at) <= SAME
        and (step.attempt == event.attempt or not (step.attempt and event.attempt))
        for step in steps
    )
