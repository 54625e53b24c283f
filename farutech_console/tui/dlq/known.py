"""What is known to occur in letters, for the completion of a filter. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from farutech_console.operations.filter.suggest import Known
    from farutech_console.tui.common.live import Live

MOST = 200
"""Values of a key that are offered."""


def known_values(live: Live | None) -> Known:
    """Return tenants of the newest letters, most first, and the types and names of the fleet."""
    if live is None:
        return {}
    tenants: Counter[str] = Counter()
    for group in live.causes:
        tenants.update(group.tenants)
    workers = live.fleet.workers if live.fleet else ()
    reports = [worker.report for worker in workers if worker.report]
    return {
        "tenant": [name for name, _ in tenants.most_common(MOST) if name],
        "type": sorted({kind for report in reports for kind in report.task_types})[:MOST],
        "worker": sorted({worker.name for worker in workers})[:MOST],
    }
