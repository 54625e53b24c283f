"""Stuck tasks, the plan to recover them and what became of each, as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from worker.model.clock import format_rfc3339
from worker.model.stuck import StuckTasks

Destination = Literal["dlq", "work"]
RecoveryKind = Literal["moved", "replayed", "finished", "held", "gone", "failed", "unknown"]

STUCK_KEYS: Mapping[str, str] = {
    "sequence": "the task's sequence in the work queue",
    "stuck": "`certain`, or `maybe`: delivered and still there, but others are in flight too",
    "task_id": "empty where the message is no task",
    "tenant_id": "likewise",
    "task_type": "likewise",
    "deliveries": "how often it was delivered, null where nobody counted",
    "stored_at": "when it was published, RFC 3339 in UTC",
    "stuck_since": "when the server told that its deliveries are spent, null where nobody heard it",
    "delivered_by": "its last delivery was then at the latest; null where it is not stuck for sure",
}
RECOVERY_KEYS: Mapping[str, str] = {
    "sequence": "the task's sequence in the work queue",
    "task_id": "empty where the message is no task",
    "outcome": "`moved`: it is a dead letter now; `replayed`: it is pending again; `finished`: it "
    "had been done, only its ack was lost; `held`: a worker still runs it, nothing was touched; "
    "`gone`: it was settled or moved meanwhile; `failed`: it stays; `unknown`: see dlq show",
    "letter": "the sequence of its dead letter, null where it has none any more",
    "detail": "more, for people",
}


@dataclass(frozen=True, slots=True)
class StuckTask:
    """A task that is stuck for sure, or may be."""

    sequence: int
    certain: bool
    task_id: str
    tenant_id: str
    task_type: str
    deliveries: int | None
    stored_at: datetime
    since: datetime | None = None
    delivered_by: datetime | None = None

    def record(self) -> dict[str, Any]:
        """Return it with the keys of `STUCK_KEYS`."""
        return {
            "sequence": self.sequence,
            "stuck": "certain" if self.certain else "maybe",
            "task_id": self.task_id,
            "tenant_id": self.tenant_id,
            "task_type": self.task_type,
            "deliveries": self.deliveries,
            "stored_at": format_rfc3339(self.stored_at),
            "stuck_since": format_rfc3339(self.since) if self.since else None,
            "delivered_by": format_rfc3339(self.delivered_by) if self.delivered_by else None,
        }


@dataclass(frozen=True, slots=True)
class StuckView:
    """What one look found: the numbers and how they are known, and the tasks."""

    found: StuckTasks
    tasks: tuple[StuckTask, ...]

    @property
    def certain(self) -> tuple[StuckTask, ...]:
        """Those that are stuck for sure."""
        return tuple(task for task in self.tasks if task.certain)


@dataclass(frozen=True, slots=True)
class StuckPlan:
    """What is recovered: exactly these tasks of this life of the work queue."""

    to: Destination
    tasks: tuple[StuckTask, ...]
    allowed: int
    stream: str
    generation: str
    command: str
    missing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of one task; fields as in `RECOVERY_KEYS`."""

    sequence: int
    task_id: str
    outcome: RecoveryKind
    letter: int | None = None
    detail: str = ""

    def record(self) -> dict[str, Any]:
        """Return it with the keys of `RECOVERY_KEYS`."""
        return {key: getattr(self, key) for key in RECOVERY_KEYS}
