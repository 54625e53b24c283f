"""The ledger, from when there is one: beside a queue that somebody else made it comes later."""

from __future__ import annotations

from worker.jetstream.api import Api
from worker.jetstream.deliveries.ledger import Ledger
from worker.jetstream.info import find_stream
from worker.model.names import QueueNames
from worker.model.surroundings import Surroundings


class LateLedger:
    """A ledger that is used once its bucket is there; looking for it is a chore of the rounds."""

    name = "ledger"

    def __init__(
        self, ledger: Ledger, api: Api, names: QueueNames, around: Surroundings, *, present: bool
    ) -> None:
        """Describe it; `present` is whether its bucket is there already, which is told if not."""
        self._ledger = ledger
        self._api = api
        self._stream = names.ledger_stream
        self._log = around.log
        self._present = present
        if not present:
            self._log.warning(
                "ledger.missing",
                stream=self._stream,
                hint="farutech-worker topology apply creates it, and this worker uses it from its"
                " next round on: until then a task may run twice",
            )

    def current(self) -> Ledger | None:
        """Return the ledger, None where there is none yet."""
        return self._ledger if self._present else None

    async def look(self) -> bool:
        """Look whether it has come.

        Raises:
            JetStreamError: nobody could tell.
        """
        if not self._present and await find_stream(self._api, self._stream) is not None:
            self._present = True
            self._log.info("ledger.found", stream=self._stream)
        return False
