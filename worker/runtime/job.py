"""A delivery in hand, from its coming to its settlement."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from worker.handlers.failed import Failed
from worker.jetstream.deliveries.ledger import Lease
from worker.jetstream.deliveries.settle import Receipt
from worker.model.delivery import Delivery
from worker.model.retry import Settlement
from worker.model.task import Task
from worker.runtime.observer import Observed

NO_TASK = Task()


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A failure that is not settled yet.

    `settlement` is what it comes to unless its type is out, `due` when the next attempt is, in
    monotonic seconds, `delay` how many seconds that was from the failure.
    """

    why: Failed
    settlement: Settlement
    delay: float
    due: float


class Job:
    """What is known of a delivery so far.

    `task` is what could be read of the message, `problem` why it is no task, `allowed` the attempts
    that it has in all: valid once `observed` is there. `lease` is ours while we run the task, where
    there is a ledger; `slot` the asyncio task that does. `unsettled` is there while the task is in
    doubt, see `worker.runtime.breakers`.
    """

    __slots__ = (
        "allowed",
        "delivery",
        "lease",
        "observed",
        "problem",
        "receipt",
        "slot",
        "task",
        "unsettled",
    )

    def __init__(self, receipt: Receipt) -> None:
        self.receipt = receipt
        self.delivery: Delivery = receipt.delivery
        self.task = NO_TASK
        self.problem = ""
        self.allowed = 0
        self.observed: Observed | None = None
        self.lease: Lease | None = None
        self.slot: asyncio.Task[object] | None = None
        self.unsettled: Unsettled | None = None

    @property
    def is_fit(self) -> bool:
        """Whether the task may be run in this delivery."""
        spent = self.delivery.delivery_count > self.allowed
        return not spent and not self.problem and self.receipt.remaining > 0

    @property
    def may_come_again(self) -> bool:
        """Whether the task has attempts left after this delivery."""
        return self.delivery.delivery_count < self.allowed

    def labels(self) -> dict[str, str | int]:
        """What names the delivery in a log."""
        labels: dict[str, str | int] = {
            "task_id": self.task.task_id,
            "tenant_id": self.task.tenant_id,
            "attempt": self.delivery.delivery_count,
            "sequence": self.delivery.stream_sequence,
        }
        if self.observed is not None and (trace := self.observed.trace_id):
            labels["trace_id"] = trace
        return labels
