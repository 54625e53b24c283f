"""What changes without an end left half done: the letters that they claimed, or announced."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

from farutech_console.operations.actions import ActionName
from farutech_console.operations.queue import Queue
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.errors import JetStreamError
from worker.jetstream.info import stream_of_subject
from worker.jetstream.moves.intentions import Intentions
from worker.jetstream.replays.claims import Claims

MOST_CLAIMS = 2_000
"""Claims that are read; more stand only where a run at full speed is under way."""

_TELLING: frozenset[ActionName] = frozenset(
    {"replay", "resolve_unknown", "edit", "purge", "purge_hard", "undo", "import"}
)
"""Whose half done letters all show: the others leave nothing on the server to tell by."""


class HalfDone:
    """Tells of changes without an end what stands of them; reads once, when first asked."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._read: asyncio.Task[Mapping[str, int] | None] | None = None

    async def of(self, run: str, action: str) -> int | None:
        """Return how many letters a change left half done just now; None where nobody can tell.

        None is left where a change was killed between two letters, or is under way between two.
        """
        if action not in _TELLING:
            return None
        if self._read is None:
            self._read = asyncio.ensure_future(_by_run(self._queue))
        standing = await self._read
        return None if standing is None else standing.get(run, 0)


async def _by_run(queue: Queue) -> Mapping[str, int] | None:
    """Return the letters that stand half done by who took them; None where that cannot be read."""
    found: Counter[str] = Counter()
    try:
        announced = (await Intentions(queue.api, queue.names).standing()).intention
        if announced is not None:
            found[announced.run] += len(announced.sequences)
        home = await stream_of_subject(queue.api, queue.names.replays)
        if home is None:
            return found
        layout = await queue.layout()
        claims = Claims(queue.api, home, layout)
        keys = await claims.keys()
        if len(keys) > MOST_CLAIMS:
            return None
        sequences = [n for key in keys if (n := claims.sequence_of(key)) is not None]
        # A claim whose letter is gone is in nobody's way.
        pages = DeadLetters(queue.api, layout).named(sequences, newest_first=False)
        async for page in pages:
            few = await asyncio.gather(*(claims.find(letter.sequence) for letter in page))
            found.update(claim.run for claim in few if claim is not None)
    except JetStreamError:
        # Who may read the audit need not be allowed to read claims: the audit is shown without.
        return None
    return found
