"""What a check finds, and what it judges. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from farutech_console.operations.fleet.view import FleetView
from farutech_console.operations.model import QueueStatus
from worker.model.dead_letter import StoredDeadLetter
from worker.model.names import QueueNames
from worker.model.state import ConsumerState, ServerState
from worker.model.stuck import StuckTasks
from worker.model.task import Task
from worker.model.topology_changes import Difference
from worker.model.topology_found import Found

Severity = Literal["problem", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("problem", "warning", "note")

FINDING_KEYS: Mapping[str, str] = {
    "check": "which check found it",
    "severity": "`problem`: tasks are lost, stopped or will be; `warning`: it can come to that; "
    "`note`: worth knowing",
    "title": "what was found",
    "meaning": "what it means for tasks and letters",
    "action": "what to do",
    "command": "a command that does it or shows more, empty for none",
    "source": "where the behaviour is described or was measured, empty where it is plain",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an operator should know; fields as in `FINDING_KEYS`."""

    severity: Severity
    title: str
    meaning: str
    action: str
    command: str = ""
    source: str = ""
    check: str = ""

    def record(self) -> dict[str, str]:
        """Return it with the keys of `FINDING_KEYS`."""
        return {key: getattr(self, key) for key in FINDING_KEYS}


@dataclass(frozen=True, slots=True)
class Permissions:
    """What our user may publish and subscribe to, as the server tells it; empty allows all."""

    user: str = ""
    publish_allow: tuple[str, ...] = ()
    publish_deny: tuple[str, ...] = ()
    subscribe_allow: tuple[str, ...] = ()
    subscribe_deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """What the account's JetStream uses, and may; in bytes, None where there is no limit."""

    storage: int
    max_storage: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the checks judge. What could not be asked is None, and why is in `refused`.

    `skew` is how many seconds the server's clock is ahead of ours, `skew_margin` how exactly that
    is known. `configs` has the server's own configuration of each stream, `sampled_letters` the
    newest dead letters and `sampled_tasks` some tasks.
    """

    names: QueueNames
    now: datetime
    server: ServerState
    read_only: bool = False
    api_prefix: str = "$JS.API"
    inbox_prefix: str = "_INBOX"
    clustered: bool = False
    account: Account | None = None
    skew: float | None = None
    skew_margin: float = 0.0
    permissions: Permissions | None = None
    status: QueueStatus | None = None
    found: Found | None = None
    differences: tuple[Difference, ...] = ()
    configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fleet: FleetView | None = None
    stuck: StuckTasks | None = None
    sampled_letters: tuple[StoredDeadLetter, ...] = ()
    sampled_tasks: tuple[Task, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def consumer(self) -> ConsumerState | None:
        """The consumer, None where there is none or it could not be asked."""
        return self.status.consumer if self.status else None
