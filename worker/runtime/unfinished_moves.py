"""Finishing the purges and undos that a killed console left between two steps."""

from __future__ import annotations

from worker.jetstream.api import Api
from worker.jetstream.moves.finishings import move_noter
from worker.jetstream.moves.intentions import Intentions
from worker.jetstream.moves.moves import finish_standing
from worker.jetstream.moves.purges_parts import PurgeParts
from worker.jetstream.topology.layout import discover
from worker.model.names import QueueNames
from worker.model.surroundings import Surroundings
from worker.runtime.records import Records


class UnfinishedMoves:
    """Carries out what an operator began to do with dead letters, and did not come back to."""

    name = "unfinished purges and undos"

    def __init__(
        self, api: Api, names: QueueNames, worker_id: str, records: Records, around: Surroundings
    ) -> None:
        """Describe the work; `around` has monotonic time, and a log of what was finished."""
        self._api = api
        self._names = names
        self._worker_id = worker_id
        self._records = records
        self._clock = around.clock
        self._log = around.log
        self._seen = 0

    async def look(self) -> bool:
        """Finish what stands as an earlier look saw it: who lives has gone on by then.

        Raises:
            JetStreamError: it was cut short; the next look goes on.
        """
        standing = await Intentions(self._api, self._names).standing()
        if standing.intention is None:
            self._seen = 0
            return False
        if standing.version != self._seen:
            self._seen = standing.version
            return True
        layout = await discover(self._api, self._names)
        note = move_noter(self._records.note, self._worker_id)
        left = await finish_standing(PurgeParts(self._api, layout, self._clock, note=note))
        if left is not None:
            self._log.info(
                f"{left.kind}.finished", dead_letters=len(left.sequences), by=left.by, run=left.run
            )
        return False
