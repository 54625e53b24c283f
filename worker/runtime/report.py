"""What this worker says of itself when the fleet is asked."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

from worker import __version__
from worker.model.breaker import BreakerStatus
from worker.model.clock import Clock
from worker.model.fleet import (
    MOST_BREAKERS,
    MOST_TASKS,
    BreakerReport,
    TaskReport,
    WorkerReport,
    WorkerState,
)
from worker.model.names import QueueNames
from worker.telemetry.in_flight import InFlight
from worker.telemetry.metrics import Readings
from worker.telemetry.tally import Pace, Tally


@dataclass(frozen=True, slots=True)
class Who:
    """What does not change while a worker runs. `task_types` is empty where it takes any."""

    worker_id: str
    names: QueueNames
    concurrency: int
    task_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Where the numbers come from."""

    tally: Tally
    pace: Pace
    in_flight: InFlight
    readings: Readings
    breakers: Callable[[], tuple[BreakerStatus, ...]]
    state: Callable[[], WorkerState]


class Reporter:
    """Makes the worker's report, whenever it is called."""

    def __init__(self, who: Who, counts: Counts, clock: Clock) -> None:
        self._who = who
        self._counts = counts
        self._clock = clock
        self._began = clock.monotonic()
        self._host = socket.gethostname()

    def __call__(self) -> WorkerReport:
        """Return the report of this moment."""
        who, counts, now = self._who, self._counts, self._clock.monotonic()
        tasks = tuple(
            TaskReport.of(
                running.facts.task_id,
                running.facts.tenant_id,
                running.facts.task_type,
                attempt=running.facts.attempt,
                stream_sequence=running.facts.stream_sequence,
                seconds=now - running.began,
            )
            for running in counts.in_flight.longest(MOST_TASKS)
        )
        return WorkerReport(
            worker_id=who.worker_id,
            version=__version__,
            host=self._host,
            pid=os.getpid(),
            uptime=now - self._began,
            stream=who.names.stream,
            consumer=who.names.consumer,
            state=counts.state(),
            concurrency=who.concurrency,
            in_flight=counts.readings.in_flight(),
            held=counts.readings.held(),
            rate_10s=counts.pace.per_second(10),
            rate_60s=counts.pace.per_second(60),
            reconnects=counts.readings.reconnects(),
            events_dropped=counts.readings.events_dropped(),
            loop_blocked=counts.readings.loop_blocked(),
            totals={str(name): count for name, count in counts.tally.totals().items()},
            dead_letters={str(name): n for name, n in counts.tally.dead_letters.items()},
            task_types=who.task_types,
            tasks=tasks,
            breakers=tuple(map(BreakerReport.of, counts.breakers()[:MOST_BREAKERS])),
        )
