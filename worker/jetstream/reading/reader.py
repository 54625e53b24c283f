"""What it takes to read the dead letters of a stream, whichever requests do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.jetstream.messages import StoredMessage


@dataclass(frozen=True, slots=True)
class Extent:
    """The dead letters as a whole, known without reading them.

    The sequences are the stream's, which may hold other messages too.
    """

    depth: int
    first_sequence: int
    last_sequence: int
    oldest_at: datetime | None
    newest_at: datetime | None

    def span(self, letters: int) -> int:
        """Return over how many sequences that many letters are likely to be spread."""
        sequences = max(self.last_sequence - self.first_sequence + 1, 1)
        return int(sequences / max(self.depth, 1) * letters * 1.2) + 64


@dataclass(frozen=True, slots=True)
class Stretch:
    """All messages from where was asked up to, or down to, and including the sequence `upto`."""

    messages: Sequence[StoredMessage]
    upto: int


class Reader(Protocol):
    """Reads one subject of one stream. Every call may raise `JetStreamError`."""

    async def ascending(self, first: int, last: int, limit: int, extent: Extent) -> Stretch:
        """Return a stretch of about `limit` messages between the sequences `first` and `last`.

        It may hold fewer, none even, and then goes on after `upto`.
        """

    async def descending(self, high: int, limit: int, extent: Extent) -> Stretch:
        """Return a stretch of about `limit` messages of sequences from `high` down, newest first.

        It may hold fewer, none even, and then goes on below `upto`; nothing does below the first.
        """
