"""What a handler is told beside the task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from structlog.typing import FilteringBoundLogger

from worker.model.clock import Clock


@dataclass(frozen=True, slots=True)
class TaskContext:
    """One attempt at one task.

    `attempt` counts from 1 and is the server's word, `attempts_allowed` how many there are in all;
    `replays` is how often the task came back from the dead letters. `deadline` is the monotonic
    second at which the attempt is given up.
    """

    attempt: int
    attempts_allowed: int
    replays: int
    headers: Mapping[str, str]
    deadline: float
    worker_id: str
    clock: Clock
    bound: Mapping[str, Any]
    logger: FilteringBoundLogger

    @property
    def log(self) -> FilteringBoundLogger:
        """A logger that names task, tenant and attempt in each line."""
        return self.logger.bind(**self.bound)

    @property
    def remaining(self) -> float:
        """Seconds until the attempt is given up, 0 when that is over."""
        return max(0.0, self.deadline - self.clock.monotonic())
