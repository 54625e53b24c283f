"""Taking back an undo or an import: the letters that it brought back are purged again."""

from __future__ import annotations

from collections.abc import Callable

from farutech_console.language import tr
from farutech_console.operations.audit.log import AuditEntry
from farutech_console.operations.changes.plan import Planner
from farutech_console.operations.changes.tools import mover
from farutech_console.operations.errors import NothingToUndoError
from farutech_console.operations.letters.selection import ScanProgress, each_read, no_progress
from farutech_console.operations.model import Plan
from farutech_console.operations.queue import Queue
from worker.jetstream.moves.returns_facts import returned_by


async def plan_purge_of_returned(
    queue: Queue, entry: AuditEntry, progress: Callable[[ScanProgress], None] = no_progress
) -> Plan:
    """Plan the purge of the letters that an undo or an import brought back.

    Those that were replayed or purged since are left out. `progress` is told how far the search
    for them is, then how far their reading.

    Raises:
        NothingToUndoError: none of them lie there any more.
        JetStreamError: the server could not be asked.
    """
    layout = await queue.fresh_layout()
    parts = mover(queue, layout)
    until = entry.ended_at or queue.clock.now()
    told = each_read(progress)
    found = await returned_by(parts, entry.id, entry.began_at, until, told)
    if not found:
        raise NothingToUndoError(
            tr("None of the letters that it brought back lie there any more: nothing is left to do")
        )
    return await Planner(queue.api, layout, queue.clock, progress).plan("purge", found)
