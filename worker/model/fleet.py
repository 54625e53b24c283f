"""What a worker reports of itself, and the fleet as those reports show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from worker.model.breaker import BreakerState, BreakerStatus
from worker.model.invalid import first_problem
from worker.model.text import literal

MOST_TASKS = 50
"""Running tasks that a report names, those that run longest."""
MOST_BREAKERS = 50
LONGEST_NAME = 200
"""Columns that a report shows of a task's id, tenant and type."""

WorkerState = Literal["running", "draining"]


class InvalidReportError(ValueError):
    """The answer is no worker's report; the text says why."""


class _Part(BaseModel):
    # A later worker may say more.
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class TaskReport(_Part):
    """A task whose handler runs, for `seconds` now. Its names are made literal."""

    task_id: str
    tenant_id: str = ""
    task_type: str = ""
    attempt: int = 0
    stream_sequence: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, task_id: str, tenant_id: str, task_type: str, **numbers: Any) -> Self:
        """Return a report of a task, whatever its names hold."""
        return cls(
            task_id=literal(task_id, LONGEST_NAME),
            tenant_id=literal(tenant_id, LONGEST_NAME),
            task_type=literal(task_type, LONGEST_NAME),
            **numbers,
        )


class BreakerReport(_Part):
    """A circuit breaker that is not closed. `probe_in` seconds it is probed."""

    task_type: str
    state: BreakerState
    probe_in: float = 0.0
    held: int = 0
    error: str = ""

    @classmethod
    def of(cls, status: BreakerStatus) -> Self:
        """Return the report of a breaker, its texts made literal."""
        return cls(
            task_type=literal(status.task_type, LONGEST_NAME),
            state=status.state,
            probe_in=status.probe_in,
            held=status.held,
            error=literal(status.error),
        )


class WorkerReport(_Part):
    """One worker at one moment.

    `uptime` in seconds; `rate_10s` and `rate_60s` are deliveries settled per second over the last
    10 and 60 seconds; `totals` counts them since the start, by how they ended. `in_flight` counts
    the tasks whose handlers run, of which `tasks` names the longest running; `held` those that
    wait for a circuit breaker. `task_types` is empty where the worker takes any.
    """

    worker_id: str
    version: str = ""
    host: str = ""
    pid: int = 0
    uptime: float = 0.0
    stream: str = ""
    consumer: str = ""
    state: WorkerState = "running"
    concurrency: int = 0
    in_flight: int = 0
    held: int = 0
    rate_10s: float = 0.0
    rate_60s: float = 0.0
    reconnects: int = 0
    events_dropped: int = 0
    loop_blocked: float = 0.0
    totals: Mapping[str, int] = Field(default_factory=dict)
    dead_letters: Mapping[str, int] = Field(default_factory=dict)
    task_types: tuple[str, ...] = ()
    tasks: tuple[TaskReport, ...] = ()
    breakers: tuple[BreakerReport, ...] = ()

    def to_wire(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return self.model_dump(mode="json")

    @classmethod
    def from_wire(cls, value: Any) -> Self:  # noqa: ANN401 - whatever JSON held
        """Return the report in a decoded JSON value.

        Raises:
            InvalidReportError: it is none, or has a value of a wrong type.
        """
        try:
            # As JSON, where a list is a tuple also to a strict model.
            return cls.model_validate_json(json.dumps(value))
        except RecursionError as error:
            raise InvalidReportError("nested too deep") from error
        except ValidationError as error:
            raise InvalidReportError(first_problem(error)) from error


@dataclass(frozen=True, slots=True)
class FleetMember:
    """A worker that answered. `instance` is its service id: two workers may share a worker id.

    `rtt` in seconds.
    """

    instance: str
    started_at: str
    rtt: float
    report: WorkerReport


@dataclass(frozen=True, slots=True)
class Fleet:
    """The workers that answered, by worker id. `unreadable` counts answers that are no report."""

    members: tuple[FleetMember, ...] = ()
    unreadable: int = 0
