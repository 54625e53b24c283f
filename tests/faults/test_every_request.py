"""Two at the same letters, one of them stopped before any request: each task is there once.

The one that stops is killed, or goes on after the other is done with all, as a console on a laptop
that slept. At the end every purge is undone and all that is left is replayed: each task then lies
in the work queue, once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine
from io import BytesIO
from random import Random
from typing import Any

import pytest
import structlog

from farutech_console.operations.audit.log import read_audit
from farutech_console.operations.changes.edit import draft_of, edit
from farutech_console.operations.changes.undo import plan_undo, undo
from farutech_console.operations.errors import NothingToUndoError, OperationError
from farutech_console.operations.letters.browse import read_selection
from farutech_console.operations.letters.selection import Selection
from farutech_console.operations.queue import Queue as Operated
from tests.faults.stopping import Stopping
from tests.live.test_archive import carried_out, letters
from tests.live.test_transfer import exported, imported
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import NAMES, LayoutKind, Queue, queue
from worker.jetstream.messages import purge_subject
from worker.jetstream.topology.layout import ensure_claims
from worker.model.surroundings import Surroundings
from worker.runtime.records import Records
from worker.runtime.unfinished import UnfinishedReplays
from worker.runtime.unfinished_moves import UnfinishedMoves

LETTERS = 2
MOST_REQUESTS = 200


Act = Callable[[Operated, BytesIO], Coroutine[Any, Any, None]]


async def replays(o: Operated, _file: BytesIO) -> None:
    """Replay all there are."""
    await carried_out(o, "replay")


async def purges(o: Operated, _file: BytesIO) -> None:
    """Purge all there are."""
    await carried_out(o, "purge")


async def edits(o: Operated, _file: BytesIO) -> None:
    """Replay each with another task."""
    async for page in read_selection(o, Selection()):
        for found in page:
            with contextlib.suppress(OperationError):
                draft = await draft_of(o, found.sequence)
                await edit(o, draft, draft.text.replace("production", "staging"))


async def undoes(o: Operated, _file: BytesIO) -> None:
    """Undo the last purge."""
    with contextlib.suppress(NothingToUndoError):
        async for _ in undo(o, await plan_undo(o)):
            pass


async def imports(o: Operated, file: BytesIO) -> None:
    """Import what was exported before it was purged."""
    await imported(o, BytesIO(file.getvalue()))


async def sweeps(o: Operated, _file: BytesIO) -> None:
    """Do as a worker that finds the same again and again."""
    around = Surroundings(o.clock, Random(0), structlog.get_logger())
    records = Records(o.api, NAMES, around.log)
    left = UnfinishedReplays(o.api, NAMES, "sweeper", records, around)
    for _ in range(3):
        await left.look()
    moves = UnfinishedMoves(o.api, NAMES, "sweeper", records, around)
    for _ in range(2):
        await moves.look()


async def undo_all(o: Operated, undone: set[str]) -> None:
    """Undo every purge but those `undone` before, and note them there."""
    purges = [entry.id async for entry in read_audit(o) if entry.action == "purge"]
    for purge in purges:
        if purge not in undone:
            async for _ in undo(o, await plan_undo(o, purge)):
                pass
    undone.update(purges)


async def round_of(
    q: Queue, r: Queue, acts: tuple[Act, Act], at: int, ends: str, undone: set[str]
) -> bool:
    """Have the first stop at a request and the second run meanwhile.

    Returns whether it came to that.
    """
    first, second = acts
    o, other = operated(q), operated(r, operator="ben@desk")
    await q.bury_many(LETTERS)
    file = BytesIO((await exported(o)).read())
    if first in (undoes, imports):
        await purges(other, file)
    stopping = Stopping.of(q.api, at)
    begun = asyncio.create_task(first(o, file))
    stop = asyncio.create_task(stopping.stopped.wait())
    await asyncio.wait((begun, stop), return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    came_to_it = stopping.stopped.is_set()
    if came_to_it:
        await second(other, file)
        if ends == "killed":
            stopping.kill()
        else:
            stopping.go_on()
        await asyncio.wait((begun,), timeout=30)
    assert begun.done()
    if not begun.cancelled():
        begun.result()
    Stopping.of(q.api, 0)
    await sweeps(other, file)
    await undo_all(other, undone)
    await replays(other, file)
    await sweeps(other, file)
    sent = Counter(task["task_id"] for task in await r.tasks())
    assert sent == {f"task-{n}": 1 for n in range(LETTERS)}, f"{ends} at {at}: {sent}"
    assert await letters(r) == []
    claims = await r.counts(await ensure_claims(r.api, r.layout))
    claims.pop(NAMES.tasks, None)
    assert not claims, f"{ends} at {at}: {claims}"
    await purge_subject(r.api, NAMES.stream, NAMES.tasks)
    return came_to_it


CASES = [(replays, purges), (purges, replays), (undoes, imports)]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("kind", "ends"), [("fresh", "late"), ("go", "killed")])
@pytest.mark.parametrize(("first", "second"), CASES)
async def test_each_task_is_there_once(
    nats_server: NatsServer, kind: LayoutKind, first: Act, second: Act, ends: str
) -> None:
    async with queue(nats_server, kind) as q, queue(nats_server, None) as r:
        at, undone = 0, set[str]()
        while await round_of(q, r, (first, second), (at := at + 1), ends, undone):
            assert at < MOST_REQUESTS
        assert at > 5
        await undo_all(operated(r), set())
        assert (await letters(r), await r.tasks()) == ([], [])
