"""Many stream sequences in few words: `12-90,93`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from operator import eq

_RANGE = re.compile(r"([0-9]{1,19})(?:-([0-9]{1,19}))?")


class InvalidSequencesError(ValueError):
    """The text names no sequences."""


def compact(sequences: Iterable[int]) -> str:
    """Return the sequences ascending, each once, runs of them as `first-last`."""
    return ",".join(
        str(first) if first == last else f"{first}-{last}" for first, last in runs(sequences)
    )


def runs(sequences: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield each run of consecutive sequences by its first and last, ascending."""
    if isinstance(sequences, Sequence) and _is_run(sequences):
        yield sequences[0], sequences[-1]
        return
    ascending = sorted(set(sequences))
    if _is_run(ascending):
        yield ascending[0], ascending[-1]
        return
    first = last = None
    for sequence in ascending:
        if last is not None and sequence == last + 1:
            last = sequence
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = sequence
    if first is not None and last is not None:
        yield first, last


def _is_run(sequences: Sequence[int]) -> bool:
    """Return whether each is one more than that before it."""
    if not sequences or sequences[-1] - sequences[0] != len(sequences) - 1:
        return False
    return all(map(eq, sequences, range(sequences[0], sequences[-1] + 1)))


def expand(text: str, most: int) -> list[int]:
    """Return the sequences that `compact` put into `text`.

    Raises:
        InvalidSequencesError: it has another form, or names more than `most`.
    """
    found: list[int] = []
    for part in text.split(",") if text else ():
        match = _RANGE.fullmatch(part)
        if match is None:
            raise InvalidSequencesError(f"{part[:40]!r} is no sequence and no range of them")
        first = int(match[1])
        last = int(match[2] or first)
        if last - first >= most - len(found):
            raise InvalidSequencesError(f"more than {most} sequences")
        found += range(first, last + 1)
    return found
