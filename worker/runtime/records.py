"""What a worker puts into the audit, where there is one that it may write to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.jetstream.api import Api
from worker.jetstream.errors import ApiError, NotAllowedError, PayloadTooLargeError
from worker.jetstream.info import stream_of_subject
from worker.jetstream.moves.finishings import Finishings
from worker.model.finishing import Finishing
from worker.model.names import QueueNames

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


class Records:
    """Writes records as far as that can be done, and says once where it cannot."""

    def __init__(self, api: Api, names: QueueNames, log: FilteringBoundLogger) -> None:
        self._api = api
        self._finishings = Finishings(api, names)
        self._stream = names.audit_stream
        self._log = log
        self._told = False

    async def note(self, finishing: Finishing) -> None:
        """Put on record what this worker finished, unless there is no audit for it.

        Raises:
            UncertainError, UnreachableError: the server is away; it is not known to be on record.
        """
        subject = self._finishings.subject
        try:
            if await stream_of_subject(self._api, subject) is None:
                self._tell(f"no stream takes {subject}")
            else:
                await self._finishings.note(finishing)
        except (ApiError, NotAllowedError, PayloadTooLargeError) as error:
            self._tell(str(error))

    def _tell(self, why: str) -> None:
        if not self._told:
            self._told = True
            hint = f"{self._stream} keeps who finished what was interrupted"
            self._log.warning("audit.not_written", why=why, hint=hint)
