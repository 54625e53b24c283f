"""What the console knows right now: the one value that every room reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from farutech_console.operations.causes.causes import CauseGroup
    from farutech_console.operations.fleet.view import FleetView
    from farutech_console.operations.model import LinkState, QueueStatus
    from farutech_console.tui.common.failures import Trouble

FRESH = 2.0
"""Seconds after which data is no longer called live: a poll was missed."""


@dataclass(frozen=True, slots=True)
class Live:
    """The last poll, and what stands in the way of the next.

    `status` is the last one that came, however old; `failure` says in words why none came since,
    and is empty while polls succeed; `trouble` is what kind of failure it is. `broken` names a part
    of the console itself that died.
    `fleet` and `causes`, of the newest dead letters, are looked for less often than `status`.
    """

    link: LinkState
    status: QueueStatus | None = None
    failure: str = ""
    trouble: Trouble = ""
    broken: tuple[str, ...] = field(default=())
    fleet: FleetView | None = None
    causes: tuple[CauseGroup, ...] = ()

    def age(self, now: datetime) -> float | None:
        """Return how old the data is in seconds, None where there is none."""
        if self.status is None:
            return None
        return max(0.0, (now - self.status.taken_at).total_seconds())

    def is_fresh(self, now: datetime) -> bool:
        """Return whether the data may be called live."""
        age = self.age(now)
        return self.link.connected and not self.failure and age is not None and age < FRESH
