"""Checks of the workers."""

from __future__ import annotations

from collections.abc import Iterator

from farutech_console.operations.doctor.model import Evidence, Finding
from farutech_console.operations.units import plural


def check_workers(seen: Evidence) -> Iterator[Finding]:
    """Judge whether anybody runs tasks, and whether all run the same."""
    fleet, consumer = seen.fleet, seen.consumer
    if fleet is None:
        return
    nobody = not fleet.answered and not fleet.clients
    if nobody and consumer is not None and not consumer.waiting:
        waits = consumer.pending > 0
        yield Finding(
            "problem" if waits else "warning",
            "no worker is there"
            + (f"; waiting: {plural(consumer.pending, 'task')}" if waits else ""),
            "nobody pulls from the consumer",
            "start workers",
            "farutech-worker run",
        )
    versions = sorted({worker.version for worker in fleet.answered if worker.version})
    if len(versions) > 1:
        yield Finding(
            "note",
            f"workers of versions {', '.join(versions)}",
            "well for the time of a rollout",
            "finish the rollout",
            "farutech-console workers",
        )
    for worker in fleet.answered:
        for breaker in worker.report.breakers if worker.report else ():
            yield Finding(
                "warning",
                f"{worker.name}: the breaker of {breaker.task_type} is {breaker.state}",
                f"its last calls failed ({breaker.error}), so that it holds its tasks back",
                "see to what those tasks call; the breaker probes it by itself",
                "farutech-console workers",
            )
