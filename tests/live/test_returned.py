"""Taking back an undo or an import: what came back is purged, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from farutech_console.operations.audit.log import AuditEntry, read_audit
from farutech_console.operations.changes.returned import plan_purge_of_returned
from farutech_console.operations.changes.run_plan import run_plan
from farutech_console.operations.errors import NothingToUndoError
from farutech_console.operations.model import Outcome, Plan
from farutech_console.operations.queue import Queue as OperatedQueue
from tests.live.test_archive import carried_out, kinds, letters, undone
from tests.live.test_transfer import exported, imported
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import LayoutKind, letter, queue
from worker.model.names import REPLAY_OF, carried_headers

LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")


async def last(o: OperatedQueue, action: str) -> AuditEntry:
    entries = [entry async for entry in read_audit(o) if entry.action == action]
    return entries[0]


async def run(o: OperatedQueue, plan: Plan) -> list[Outcome]:
    return [outcome async for outcome in run_plan(o, plan)]


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_what_an_undo_brought_back_is_purged_and_can_be_undone_again(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as q:
        o = operated(q)
        kept, *others = await q.bury_many(5)
        await carried_out(o, "purge", others)
        await undone(o)
        undo = await last(o, "undo")
        back = {one.sequence: dict(one.headers) for one in await letters(q)}
        replayed, *left = sorted(back.keys() - {kept})
        await carried_out(o, "replay", [replayed])
        # The task that was sent again died again: it has the header, and is another letter.
        again = carried_headers(back[replayed]) | {
            REPLAY_OF: f"{q.layout.dead_letters.name}:{replayed}"
        }
        died = await q.bury(letter(9), again)
        plan = await plan_purge_of_returned(o, undo)
        assert (plan.kind, list(plan.sequences)) == ("purge", left)
        assert kinds(await run(o, plan)) == {"purged": 3}
        assert [one.sequence for one in await letters(q)] == [kept, died]
        with pytest.raises(NothingToUndoError, match="None of the letters"):
            await plan_purge_of_returned(o, undo)
        assert kinds(await undone(o)) == {"restored": 3}


async def test_what_an_import_added_is_purged(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q, queue(nats_server, None) as _:
        o = operated(q)
        await q.bury_many(3)
        file = await exported(o)
        await carried_out(o, "purge")
        mine = await q.bury(letter(7))
        assert kinds(await imported(o, file)) == {"restored": 3}
        plan = await plan_purge_of_returned(o, await last(o, "import"))
        assert mine not in plan.sequences
        assert kinds(await run(o, plan)) == {"purged": 3}
        assert [one.sequence for one in await letters(q)] == [mine]
