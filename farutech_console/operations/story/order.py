"""The steps of a task in their order: by time, and each cause before its effects. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from farutech_console.operations.steps import TaskStep

APART = timedelta(seconds=5)
"""How far apart the clocks of servers and workers may be, and the precision of what they stamp."""

_BORN = ("published", "replayed")
_RANKS: Mapping[str, int] = {
    # What happens in one attempt, in this order; kinds of one rank do not depend on each other.
    "received": 1,
    "held": 2,
    "duplicate_skipped": 2,
    "started": 2,
    "progress": 3,
    "in_progress": 3,
    "succeeded": 4,
    "retrying": 4,
    "exhausted": 4,
    "dead_lettered": 5,
    "terminated": 5,
}


def in_order_of_cause(steps: Iterable[TaskStep]) -> tuple[TaskStep, ...]:
    """Return the steps by time, save where clocks disagree: a cause goes before its effects.

    Their times stay as they were told, so that one may be a little later than the next.
    """
    ordered: list[TaskStep] = []
    for step in sorted(steps, key=lambda step: step.at):
        ordered.insert(_place(step, ordered), step)
    return tuple(ordered)


def _place(step: TaskStep, ordered: list[TaskStep]) -> int:
    """Return where a step goes among those that were stamped before it."""
    place = len(ordered)
    for index in reversed(range(len(ordered))):
        other = ordered[index]
        if step.at - other.at > APART:
            break
        if step.kind in _BORN and other.kind in _BORN and not (step.sequence and other.sequence):
            return len(ordered)  # whose effects those behind the other are cannot be told
        if _is_cause(step, other):
            place = index
    return place


def _is_cause(step: TaskStep, other: TaskStep) -> bool:
    """Return whether a step comes before another one, whatever the clocks say."""
    known = step.sequence and other.sequence
    if known and step.sequence != other.sequence:
        return False
    if step.kind in _BORN:
        first = known or (step.kind == "published" and other.attempt == 1)
        return bool(first) and other.kind in _RANKS
    if step.kind not in _RANKS or other.kind not in _RANKS:
        return False
    if step.attempt != other.attempt:
        return 0 < step.attempt < other.attempt
    return _RANKS[step.kind] < _RANKS[other.kind]
