"""What a worker looks after beside its own tasks, put together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from worker.jetstream.api import Api
from worker.jetstream.dead_letters.orphans import Orphans
from worker.jetstream.stuck.finder import StuckFinder
from worker.jetstream.stuck.mover import Moved, StuckMover, no_ledger
from worker.model.surroundings import Surroundings
from worker.runtime.late_ledger import LateLedger
from worker.runtime.observer import Observer
from worker.runtime.records import Records
from worker.runtime.rounds import Chore, Rounds
from worker.runtime.sweeper import Sweeper
from worker.runtime.unfinished import UnfinishedReplays, UnnamedBodies
from worker.runtime.unfinished_moves import UnfinishedMoves
from worker.settings import WorkerSettings
from worker.telemetry.readiness import Readiness


def upkeep(
    settings: WorkerSettings,
    api: Api,
    ledger: LateLedger | None,
    watchers: tuple[Observer, Readiness],
    around: Surroundings,
) -> Rounds | None:
    """Return the rounds of a worker, None where the settings want none."""
    if not settings.sweep_interval:
        return None
    observer, readiness = watchers
    names, worker_id = settings.names, settings.worker_id

    def tell(moved: Moved) -> None:
        if moved.letter is None:
            return
        if moved.result == "moved":
            observer.swept(moved.letter, moved.sequence)
        elif moved.result == "finished":
            observer.swept_as_done(moved.letter, moved.sequence, moved.detail)

    current = no_ledger if ledger is None else ledger.current
    mover = StuckMover(api, names, worker_id, around.clock, current)
    records = Records(api, names, around.log)
    chores: tuple[Chore, ...] = (
        Sweeper(StuckFinder(api, names), mover, around, tell),
        UnfinishedReplays(api, names, worker_id, records, around),
        UnfinishedMoves(api, names, worker_id, records, around),
        UnnamedBodies(Orphans(api, names), around),
    )
    if ledger is not None:
        chores = (ledger, *chores)
    return Rounds(chores, readiness, around, settings.sweep_interval)


@contextlib.asynccontextmanager
async def going_round(rounds: Rounds | None, stop: asyncio.Event) -> AsyncIterator[None]:
    """Go round until `stop`; what is under way at the end of the block is broken off."""
    if rounds is None:
        yield
        return
    going = asyncio.create_task(rounds.run(stop))
    try:
        yield
    finally:
        going.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await going
