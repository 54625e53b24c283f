"""Passes of a replay that settle nothing: how long more are made, and why no longer."""

from __future__ import annotations

import asyncio

from worker.jetstream.patience import Patience

CROWDED = (
    "the server has as many batches open as it allows; those of a client that died"
    " go after 10 s: replay again"
)
REFUSED = "the server kept refusing the batch"
_PASSES = 20
_WAIT = 0.02
"""Seconds; each wait is longer by as much than the one before, up to `_PASSES` times as long."""


class Standstill:
    """Passes one after the other that settled nothing."""

    def __init__(self, patience: Patience) -> None:
        self.why = REFUSED
        self._passes = 0
        self._refused = 0
        self._patience = patience
        self._crowded_until: float | None = None

    async def wait(self, *, crowded: bool) -> bool:
        """Wait for the next pass; return whether it should be made, else `why` says why not.

        After `_PASSES` no more are, some 4 s: who else replays is through by then. While the
        server is `crowded` with open batches they are made for as long as it would be waited for.
        """
        self._passes += 1
        if crowded:
            self.why = CROWDED
            self._crowded_until = self._crowded_until or self._patience.deadline()
            is_over = self._patience.is_over(self._crowded_until)
        else:
            self.why = REFUSED
            self._refused += 1
            is_over = self._refused == _PASSES
        if not is_over:
            await asyncio.sleep(_WAIT * min(self._passes, _PASSES))
        return not is_over
