"""Which letters are marked: some by their sequence, or all that lay there at a moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from farutech_console.operations.filter.model import (
    And,
    Comparison,
    Expression,
    Filter,
    Not,
    Number,
    Or,
)
from farutech_console.operations.filter.syntax import Operator


@dataclass(frozen=True, slots=True)
class Selection:
    """Marks by stream sequence, so that they stay on their letters.

    `chosen` are marked; with `up_to`, so is every letter of at most that sequence which is not in
    `spared`. Letters that arrive later are never marked unasked. `lay` is how many lay there when
    all were marked, 0 where that was not known.
    """

    chosen: frozenset[int] = frozenset()
    up_to: int | None = None
    spared: frozenset[int] = frozenset()
    lay: int = 0

    def __contains__(self, sequence: object) -> bool:
        """Whether this letter is marked."""
        if not isinstance(sequence, int):
            return False
        return sequence in self.chosen or self._in_all(sequence)

    def _in_all(self, sequence: int) -> bool:
        return self.up_to is not None and sequence <= self.up_to and sequence not in self.spared

    def __bool__(self) -> bool:
        """Whether anything is marked."""
        return self.up_to is not None or bool(self.chosen)

    def toggled(self, sequence: int) -> Selection:
        """Return the selection with this letter's mark turned over."""
        if self.up_to is not None and sequence <= self.up_to:
            return replace(self, spared=self.spared ^ {sequence})
        return replace(self, chosen=self.chosen ^ {sequence})

    def added(self, sequences: Iterable[int]) -> Selection:
        """Return the selection with all of these marked."""
        wanted = frozenset(sequences)
        up_to = self.up_to
        named = frozenset(one for one in wanted if up_to is None or one > up_to)
        return replace(self, chosen=self.chosen | named, spared=self.spared - wanted)

    def count(self, depth: int) -> int:
        """Return how many are marked among `depth` letters; at most, where all are."""
        if self.up_to is None:
            return len(self.chosen)
        lying = min(depth, self.lay) if self.lay else depth
        return max(0, lying - len(self.spared)) + len(self.chosen)

    def among(self, wanted: Filter) -> Filter:
        """Return the filter that the marked ones of the wanted letters match, and no others."""
        if self.up_to is None:
            return Filter(_numbered(":", self.chosen))
        parts = [_numbered("<=", [self.up_to])]
        if wanted.expression is not None:
            parts.append(wanted.expression)
        if self.spared:
            parts.append(Not(_numbered(":", self.spared)))
        marked: Expression = And(tuple(parts)) if len(parts) > 1 else parts[0]
        return Filter(Or((marked, _numbered(":", self.chosen))) if self.chosen else marked)


def _numbered(operator: Operator, sequences: Iterable[int]) -> Expression:
    return Comparison("seq", "", operator, tuple(map(Number, sorted(sequences))))
