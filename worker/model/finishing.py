"""What somebody finished of a run that was interrupted, as the audit keeps it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from worker.model import wire_json
from worker.model.sequences import InvalidSequencesError, compact, expand

FINISHED = "finished"
"""The kind of record that it is, beside those of the actions."""
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Finishing:
    """Letters of an interrupted run that were finished, by what became of them.

    `run` is the id of the run's records in the audit, `by` who finished it. `letters` has the
    sequences for each outcome, ascending. Whoever is killed while finishing leaves the rest to the
    next one, who may name a letter again: it counts once.
    """

    run: str
    by: str
    letters: Mapping[str, tuple[int, ...]]

    @property
    def key(self) -> str:
        """Return what is the same for all who finish the same, whoever they are."""
        said = "\0".join((self.run, *self._said()))
        return f"{self.run}-{FINISHED}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"

    def _said(self) -> Iterable[str]:
        return (f"{outcome}:{compact(some)}" for outcome, some in sorted(self.letters.items()))


def encode_finishing(finishing: Finishing) -> bytes:
    """Return the record."""
    letters = {outcome: compact(some) for outcome, some in finishing.letters.items()}
    said = {"phase": FINISHED, "of": finishing.run, "by": finishing.by, "letters": letters}
    return json.dumps(said).encode()


def read_finishing(body: bytes) -> Finishing | None:
    """Return what a record says, None where it is none."""
    try:
        said = wire_json.loads(body)
        if not isinstance(said, dict) or said.get("phase") != FINISHED:
            return None
        run, by, letters = said.get("of"), said.get("by"), said.get("letters")
        if not (isinstance(run, str) and isinstance(by, str) and isinstance(letters, dict)):
            return None
        named = {str(key): tuple(expand(str(some), _MOST)) for key, some in letters.items()}
    except (wire_json.InvalidJsonError, InvalidSequencesError):
        return None
    return Finishing(run, by, named)
