"""What a killed console leaves between two steps, without killing one."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from worker.jetstream.api import Api
from worker.jetstream.moves.moves import always, purge_letters
from worker.jetstream.moves.purges_parts import PurgeParts
from worker.jetstream.replays.claims import Author
from worker.jetstream.topology.layout import Layout
from worker.model.clock import SystemClock


class _BrokenOffError(Exception):
    """The console ends here."""


async def leave_purge(api: Api, layout: Layout, letters: Sequence[int]) -> None:
    """Begin to purge letters, and end once they are copied and not yet deleted."""

    async def step(name: str) -> None:
        if name == "copied":
            raise _BrokenOffError

    parts = PurgeParts(api, layout, SystemClock(), step)
    moving = purge_letters(parts, Author("anna", "run-1"), "", letters, always)
    with contextlib.suppress(_BrokenOffError):
        _ = [outcome async for outcome in moving]
