"""Reading all dead letters of a stream, from its leader, a stretch at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from worker.jetstream.api import Api
from worker.jetstream.messages import StoredMessage
from worker.jetstream.migration.parts import Pile
from worker.jetstream.reading.get import GetReader
from worker.jetstream.reading.reader import Extent

STRETCH = 1000


async def letters_after(api: Api, pile: Pile, after: int) -> AsyncIterator[Sequence[StoredMessage]]:
    """Yield the letters of sequences above `after`, ascending, up to the newest of `pile`."""
    extent = Extent(pile.letters, pile.first_sequence, pile.last_sequence, None, None)
    reader = GetReader(api, pile.stream, pile.subject)
    after = max(after, pile.first_sequence - 1)
    while after < pile.last_sequence:
        stretch = await reader.ascending(after + 1, pile.last_sequence, STRETCH, extent)
        yield stretch.messages
        after = stretch.upto
