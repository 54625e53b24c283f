"""The workers as screens and commands show them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.model import QueueStatus
    from worker.model.fleet import WorkerReport

WorkerCondition = Literal["running", "draining", "silent"]
WorkerKind = Literal["farutech", "client"]


@dataclass(frozen=True, slots=True)
class WorkerView:
    """One worker as it was last seen.

    `kind` is `farutech` for a worker that reports of itself, and `client` for any other client
    that pulls tasks (a Go worker): of those the server tells, and `report` is None. `seen_at` is
    the last sign of life. `uptime` in seconds, None where it is not known. `name` is the worker id,
    or what the client calls its connection, or its address.
    """

    key: str
    kind: WorkerKind
    name: str
    condition: WorkerCondition
    seen_at: datetime
    host: str = ""
    version: str = ""
    uptime: float | None = None
    rtt: float | None = None
    report: WorkerReport | None = None

    @property
    def in_flight(self) -> int | None:
        """Tasks whose handlers run, None where nobody tells."""
        return self.report.in_flight if self.report else None


@dataclass(frozen=True, slots=True)
class FleetView:
    """All workers, by name. `unreadable` counts answers that were no report.

    `clients_told` is whether the server lists other clients, so that workers which do not report
    are among `workers` where there are any that pulled while we listened.
    """

    at: datetime
    workers: tuple[WorkerView, ...] = ()
    unreadable: int = 0
    clients_told: bool = False

    @property
    def missing(self) -> bool:
        """Whether somebody did not answer who is not called silent yet."""
        return any(w.condition == "running" and w.seen_at < self.at for w in self.workers)

    @property
    def answered(self) -> tuple[WorkerView, ...]:
        """Those that report, and did so now."""
        return tuple(w for w in self.workers if w.kind == "farutech" and w.condition != "silent")

    @property
    def silent(self) -> tuple[WorkerView, ...]:
        """Those that were there and do not answer any more."""
        return tuple(w for w in self.workers if w.condition == "silent")

    @property
    def clients(self) -> tuple[WorkerView, ...]:
        """Those that pull tasks and report nothing."""
        return tuple(w for w in self.workers if w.kind == "client" and w.condition != "silent")

    @property
    def busy(self) -> int | None:
        """Tasks in the hands of workers, None where some worker does not tell."""
        if self.clients or not self.answered:
            return None
        reports = [worker.report for worker in self.answered if worker.report]
        return sum(report.in_flight + report.held for report in reports)


def shared_out(status: QueueStatus, fleet: FleetView) -> tuple[int | None, int | None]:
    """Return how many tasks are in flight and how many in backoff, None for both if not known.

    The server counts them together; what workers have in hand was asked a moment later, so that
    both are about right where tasks come and go.
    """
    busy = fleet.busy
    if status.consumer is None or (busy is None and status.consumer.ack_pending):
        return None, None
    in_flight = min(busy or 0, status.consumer.ack_pending)
    return in_flight, status.consumer.ack_pending - in_flight
