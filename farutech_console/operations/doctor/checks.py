"""The table of all checks, and the judgement of them over the evidence. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from farutech_console.operations.doctor.consumer import (
    check_ack_pending,
    check_ack_wait,
    check_consumer,
    check_deliveries,
)
from farutech_console.operations.doctor.fleet import check_workers
from farutech_console.operations.doctor.letters import (
    check_backlog,
    check_expiry,
    check_replays,
    check_stuck,
)
from farutech_console.operations.doctor.model import SEVERITIES, Evidence, Finding
from farutech_console.operations.doctor.permissions import check_permissions
from farutech_console.operations.doctor.server import check_clock, check_replicas, check_storage
from farutech_console.operations.doctor.streams import (
    check_direct,
    check_drift,
    check_queue,
    check_ttl,
)
from farutech_console.operations.doctor.versions import check_level, check_version

Check = Callable[[Evidence], Iterator[Finding]]

CHECKS: Mapping[str, tuple[str, Check]] = {
    "version": ("is the server's version known to lose messages", check_version),
    "level": ("what the server is too old for", check_level),
    "clock": ("do the clocks agree", check_clock),
    "replicas": ("how many copies there are", check_replicas),
    "storage": ("on disk, with room left", check_storage),
    "permissions": ("what our user may not do", check_permissions),
    "queue": ("are work queue and dead letters there", check_queue),
    "consumer": ("is the consumer there and not paused", check_consumer),
    "ack_pending": ("do tasks in backoff stop the others", check_ack_pending),
    "deliveries": ("how often a task is delivered, against what tasks ask for", check_deliveries),
    "ack_wait": ("is ack wait long enough", check_ack_wait),
    "workers": ("is anybody there to run tasks", check_workers),
    "stuck": ("are there tasks whose deliveries are spent", check_stuck),
    "replays": ("do claims of interrupted replays lie there", check_replays),
    "expiry": ("will dead letters be dropped, and when", check_expiry),
    "backlog": ("will tasks be dropped by age", check_backlog),
    "ttl": ("are messages lost that are meant to stay for ever", check_ttl),
    "direct": ("can letters be read in batches", check_direct),
    "drift": ("what is not as declared, audit and archive among it", check_drift),
}


def judge(seen: Evidence) -> tuple[Finding, ...]:
    """Return what all checks find, the gravest first."""
    found = [
        replace(finding, check=name)
        for name, (_, check) in CHECKS.items()
        for finding in check(seen)
    ]
    return tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))
