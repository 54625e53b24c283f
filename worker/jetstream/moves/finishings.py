"""The record of what somebody finished for a run that was interrupted, beside the run's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping

from worker.jetstream.api import Api
from worker.jetstream.moves.intentions import Intention
from worker.jetstream.moves.purges_parts import NoteMove
from worker.jetstream.replays.claims import Claim
from worker.model.finishing import FINISHED, Finishing, encode_finishing
from worker.model.names import QueueNames

NO_RUN = "none"
"""Begins the run of who replays without a record of their own."""

Note = Callable[[Finishing], Awaitable[None]]
"""Puts what was finished on record; awaited before what tells of the interrupted run is removed."""

_MOST = 20_000
"""Letters of one record."""


class Finishings:
    """The records of one queue, under a subject of their own: a worker needs to write no other."""

    def __init__(self, api: Api, names: QueueNames) -> None:
        self._api = api
        self.subject = names.audit(FINISHED)

    async def note(self, finishing: Finishing) -> None:
        """Put it on record. Of several who finish the same at once, the first one's stays.

        Raises:
            JetStreamError: it is not on record.
        """
        await self._api.publish(self.subject, encode_finishing(finishing), msg_id=finishing.key)


async def note_claims(note: Note, by: str, outcomes: Mapping[Claim, str]) -> None:
    """Note what became of the letters of claims, for each run that had claimed them."""
    runs: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for claim, outcome in outcomes.items():
        runs[claim.run].append((claim.sequence, outcome))
    for run, letters in runs.items():
        letters.sort()
        for start in range(0, len(letters), _MOST):
            await _note(note, run, by, letters[start : start + _MOST])


def move_noter(note: Note, by: str) -> NoteMove:
    """Return what notes the outcomes of a purge or a return that `by` finished."""

    async def move(doing: Intention, outcomes: Mapping[int, str]) -> None:
        await _note(note, doing.run, by, sorted(outcomes.items()))

    return move


async def _note(note: Note, run: str, by: str, letters: Iterable[tuple[int, str]]) -> None:
    named: dict[str, list[int]] = defaultdict(list)
    for sequence, outcome in letters:
        named[outcome].append(sequence)
    if named and run and not run.startswith(NO_RUN):
        kept = {outcome: tuple(sequences) for outcome, sequences in named.items()}
        await note(Finishing(run, by, kept))
