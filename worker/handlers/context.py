"""What a handler is told beside the task, and what it can say while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from structlog.typing import FilteringBoundLogger

from worker.model.clock import Clock


def _unheard(_share: float, _message: str) -> None:
    """Tell nobody."""


@dataclass(slots=True, eq=False)
class TaskContext:
    """One attempt at one task. Not to be changed; not frozen, for one is made for each task.

    `attempt` counts from 1 and is the server's word, `attempts_allowed` how many there are in all;
    `replays` is how often the task came back from the dead letters. `deadline` is the monotonic
    second at which the attempt is given up. `fencing_token` grows with each worker that takes the
    task: what the handler writes to can refuse one that is smaller than it has seen; None where
    the worker keeps no ledger.
    """

    attempt: int
    attempts_allowed: int
    replays: int
    headers: Mapping[str, str]
    deadline: float
    worker_id: str
    clock: Clock
    labels: Callable[[], Mapping[str, Any]]
    logger: FilteringBoundLogger
    fencing_token: int | None = None
    report: Callable[[float, str], None] = _unheard

    @property
    def log(self) -> FilteringBoundLogger:
        """A logger that names task, tenant and attempt in each line."""
        return self.logger.bind(**self.labels())

    @property
    def remaining(self) -> float:
        """Seconds until the attempt is given up, 0 when that is over."""
        return max(0.0, self.deadline - self.clock.monotonic())

    def progress(self, share: float, message: str = "") -> None:
        """Tell the operators how far the task is, from 0 to 1; also from a plain function."""
        self.report(share, message)
