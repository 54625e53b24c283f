"""Outcomes of many letters at once, and their counting: what happened to all is said once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Protocol, overload

from farutech_console.operations.model import Outcome, OutcomeKind

_KIND = attrgetter("outcome")


class Ended(Protocol):
    """A letter, or a task, that has its outcome."""

    @property
    def outcome(self) -> str:
        """What became of it."""


class Alike(Sequence[Outcome]):
    """The outcomes of letters to which the same happened, each made when it is looked at.

    To make a million that nobody looks at takes longer than the server takes to delete them.
    """

    def __init__(
        self,
        sequences: Sequence[int],
        outcome: OutcomeKind,
        detail: str = "",
        task_ids: Mapping[int, str] | None = None,
    ) -> None:
        self._sequences = sequences
        self._task_ids = task_ids or {}
        self.outcome: OutcomeKind = outcome
        self._detail = detail

    def __len__(self) -> int:
        """How many letters they are."""
        return len(self._sequences)

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> Alike: ...
    def __getitem__(self, index: int | slice) -> Outcome | Alike:
        """Return the outcome there, or those there."""
        if isinstance(index, slice):
            return Alike(self._sequences[index], self.outcome, self._detail, self._task_ids)
        sequence = self._sequences[index]
        return Outcome(sequence, self._task_ids.get(sequence, ""), self.outcome, self._detail)


def kinds_of(outcomes: Sequence[Ended]) -> Counter[str]:
    """Return how many there are of each."""
    if isinstance(outcomes, Alike):
        return Counter({outcomes.outcome: len(outcomes)})
    return Counter(map(_KIND, outcomes))
