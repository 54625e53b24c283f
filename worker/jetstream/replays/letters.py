"""Dead letters as a replay reads them: whole, and each the only copy of its task."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from worker.jetstream.api import Api
from worker.jetstream.dead_letters.bodies import Bodies
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.dead_letters.lean import LeanLetter
from worker.jetstream.errors import ApiError
from worker.jetstream.moves.origins import delete_origin
from worker.jetstream.replays.task import Replayable
from worker.jetstream.topology.layout import Layout
from worker.model.dead_letter import StoredDeadLetter


class ReplayedLetters:
    """Reads letters to replay them; what cannot be replayed has a `problem`.

    The message of one too large comes from the object store, and the task that a stuck one was
    copied from is deleted. Every call may raise `JetStreamError`, and may be repeated.
    """

    def __init__(self, api: Api, layout: Layout) -> None:
        self._api = api
        self._names = layout.names
        self._letters = DeadLetters(api, layout, current=True)
        self._bodies = Bodies(api, layout.names)

    async def letter(self, sequence: int) -> StoredDeadLetter | None:
        """Return one letter, None where it is gone or the sequence was never a dead letter's."""
        stored = await self._letters.letter(sequence)
        return None if stored is None else await self._made_ready(stored)

    async def these(self, sequences: Sequence[int]) -> dict[int, Replayable]:
        """Return those of these letters that are there, by sequence. Meant for some hundreds."""
        found = await self._letters.lean(sequences)
        special = [letter.stored() for letter in found.values() if _is_special(letter)]
        ready: dict[int, Replayable] = {**found}
        for stored in await asyncio.gather(*map(self._made_ready, special)):
            ready[stored.sequence] = stored
        return ready

    async def _made_ready(self, stored: StoredDeadLetter) -> StoredDeadLetter:
        whole = await self._bodies.readable(stored)
        if whole.letter is None or whole.problem:
            return whole
        try:
            await delete_origin(self._api, self._names, stored)
        except ApiError as error:
            return replace(stored, problem=f"its task cannot be taken from the queue: {error}")
        return whole


def _is_special(letter: LeanLetter) -> bool:
    return letter.has_raw_object or letter.reason == "stuck"
