"""Taking back an undo or an import: the letters that it brought back are purged again."""

from __future__ import annotations

from farutech_console.language import tr
from farutech_console.operations.audit.log import AuditEntry
from farutech_console.operations.changes.plan import make_plan
from farutech_console.operations.changes.tools import mover
from farutech_console.operations.errors import NothingToUndoError
from farutech_console.operations.model import Plan
from farutech_console.operations.queue import Queue
from worker.jetstream.moves.returns_facts import returned_by


async def plan_purge_of_returned(queue: Queue, entry: AuditEntry) -> Plan:
    """Plan the purge of the letters that an undo or an import brought back.

    Those that were replayed or purged since are left out.

    Raises:
        NothingToUndoError: none of them lie there any more.
        JetStreamError: the server could not be asked.
    """
    layout = await queue.fresh_layout()
    parts = mover(queue, layout)
    until = entry.ended_at or queue.clock.now()
    found = await returned_by(parts, entry.id, entry.began_at, until)
    if not found:
        raise NothingToUndoError(
            tr("None of the letters that it brought back lie there any more: nothing is left to do")
        )
    return await make_plan(queue.api, layout, "purge", found, clock=queue.clock)
