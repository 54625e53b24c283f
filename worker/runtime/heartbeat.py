"""In-progress signals for every delivery that is held, so that none is given to another worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from worker.jetstream.deliveries.settle import Receipt

SHARE = 3
"""A signal goes out when a third of ack wait has passed since the last."""
LONGEST_TICK = 1.0


class Heartbeats:
    """Looks at all receipts held, several times in each third of ack wait."""

    def __init__(self, ack_wait: Callable[[], float]) -> None:
        self._ack_wait = ack_wait
        self._held: set[Receipt] = set()

    def add(self, receipt: Receipt) -> None:
        """Keep this delivery ours from now on."""
        self._held.add(receipt)

    def discard(self, receipt: Receipt) -> None:
        """Let it go."""
        self._held.discard(receipt)

    async def run(self) -> None:
        """Send signals until cancelled."""
        while True:
            third = self._ack_wait() / SHARE
            await asyncio.sleep(min(LONGEST_TICK, third / 4))
            for receipt in tuple(self._held):
                if receipt.idle >= third:
                    receipt.in_progress()
