"""The story of a task: what happened to it, and where it is now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from farutech_console.operations.steps import TaskStep, step_record
from farutech_console.operations.story.order import in_order_of_cause
from worker.model.clock import format_rfc3339

Place = Literal[
    "pending", "in_flight", "backoff", "held", "unsettled", "stuck", "dead", "archived", "done",
    "unknown",
]  # fmt: skip

SummaryPlace = Literal["queue", "dead", "archived", "done", "gone"]

STORY_KEYS: Mapping[str, str] = {
    "task_id": "the task",
    "tenant_id": "empty where nothing tells",
    "task_type": "likewise",
    "where": "a list: every copy of it that lies on the server, or one entry for what became of it",
    "where.place": "`pending`: not delivered yet; `in_flight`: a worker has it; `backoff`: it is "
    "tried again; `held`: it waits for a circuit breaker; `unsettled`: in flight or in backoff, "
    "nothing tells which; `stuck`: deliveries spent; `dead`: a dead letter; `archived`: purged, "
    "undo brings it back; `done`; `unknown`: not on this server, and nothing tells why",
    "where.stream": "the stream it lies in, empty for none",
    "where.sequence": "its sequence there, 0 for none",
    "where.position": "of a pending task: how many are delivered before it, itself counted; null "
    "where that is more than is counted, or not pending",
    "where.until": "of one in backoff: when it is tried again; else null",
    "where.worker": "who has it, or did it; empty where not known",
    "where.attempt": "the delivery count, 0 where not known",
    "where.detail": "more, for people",
    "steps": "a list, oldest first, causes before effects, with the keys of `events`",
    "looked_at": "the sources that were read",
    "missing": "the sources that are not there, so that the story may have gaps",
}
SUMMARY_KEYS: Mapping[str, str] = {
    "task_id": "the task",
    "tenant_id": "whose it is",
    "task_type": "its type",
    "place": "`queue`: in the work queue, `dead`: a dead letter, `archived`: purged, `done`, or "
    "`gone`: known from its events alone",
    "sequence": "its sequence in that stream, 0 for none",
    "at": "when it came there, or the time of its last event",
    "event": "its last event, empty where there is none",
}

CLOSE = timedelta(seconds=60)
"""A death that a worker told of and its letter are the same where they are so close."""
_ENDS_OF_LETTERS = ("replayed", "edited", "purged")


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a copy of the task is; fields as in `STORY_KEYS`."""

    place: Place
    stream: str = ""
    sequence: int = 0
    position: int | None = None
    until: datetime | None = None
    worker: str = ""
    attempt: int = 0
    detail: str = ""

    def record(self) -> dict[str, Any]:
        """Return it with its keys of `STORY_KEYS`."""
        return {
            "place": self.place,
            "stream": self.stream,
            "sequence": self.sequence,
            "position": self.position,
            "until": format_rfc3339(self.until) if self.until else None,
            "worker": self.worker,
            "attempt": self.attempt,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class TaskStory:
    """All that the server knows of a task, `steps` oldest first; fields as in `STORY_KEYS`."""

    task_id: str
    tenant_id: str
    task_type: str
    where: tuple[Whereabouts, ...]
    steps: tuple[TaskStep, ...]
    looked_at: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def is_known(self) -> bool:
        """Whether anything was found."""
        return bool(self.steps) or any(where.place != "unknown" for where in self.where)

    def record(self) -> dict[str, Any]:
        """Return it with the keys of `STORY_KEYS`."""
        return {
            "task_id": self.task_id,
            "tenant_id": self.tenant_id,
            "task_type": self.task_type,
            "where": [where.record() for where in self.where],
            "steps": [step_record(step) for step in self.steps],
            "looked_at": list(self.looked_at),
            "missing": list(self.missing),
        }


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """A task that was found by its tenant; fields as in `SUMMARY_KEYS`."""

    task_id: str
    tenant_id: str
    task_type: str
    place: SummaryPlace
    sequence: int
    at: datetime
    event: str = ""

    def record(self) -> dict[str, Any]:
        """Return it with the keys of `SUMMARY_KEYS`."""
        return {key: getattr(self, key) for key in SUMMARY_KEYS} | {"at": format_rfc3339(self.at)}


def in_order(told: Iterable[TaskStep], stored: Iterable[TaskStep]) -> tuple[TaskStep, ...]:
    """Return all steps in order; a stored death that a worker told of as well counts once."""
    events = list(told)
    deaths = [step.at for step in events if step.kind == "dead_lettered"]
    kept = [
        step
        for step in stored
        if step.kind != "dead_lettered" or not any(abs(step.at - at) < CLOSE for at in deaths)
    ]
    return in_order_of_cause([*events, *kept])


def how_it_went(story: TaskStory, stored: datetime) -> TaskStep | None:
    """Return what took away the dead letter that was stored then, None where nothing tells.

    That it was replayed, edited or purged; or that its task was received again, where that is all
    that is known: a task that has ended lies nowhere.
    """
    later = [step for step in story.steps if step.at > stored]
    told = (step for step in later if step.kind in _ENDS_OF_LETTERS)
    again = (step for step in later if step.kind == "received" and step.detail)
    return next(told, None) or next(again, None)


def last_of(steps: Iterable[TaskStep], sequence: int) -> TaskStep | None:
    """Return the last step of the copy of this stream sequence, None where there is none."""
    mine = [step for step in steps if step.sequence == sequence and step.source == "worker"]
    return max(mine, key=lambda step: step.at, default=None)
