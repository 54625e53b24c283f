"""Dead letters as they lie in a stream: read without a consumer, so that nothing is taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from worker.jetstream.api import Api
from worker.jetstream.dead_letters_direct import (
    BATCH_DIRECT_LEVEL,
    DirectGetOffError,
    DirectReader,
)
from worker.jetstream.dead_letters_get import GetReader
from worker.jetstream.dead_letters_reader import Extent, Reader, Stretch
from worker.jetstream.info import stream_state
from worker.jetstream.messages import (
    IN_FLIGHT,
    StoredMessage,
    last_message,
    message_at,
    next_message,
)
from worker.jetstream.topology import Layout
from worker.model.dead_letter import StoredDeadLetter, read_dead_letter

PAGE = 500
"""Letters that a scan yields at once, about."""

T = TypeVar("T")


class DeadLetters:
    """Reads the dead letters of one queue.

    They come by batched direct get where stream and server have it, by message get elsewhere; the
    answers are the same. With `current` only the stream's leader is asked: a direct get may be
    answered by a replica that is behind.

    Every call may raise `JetStreamError`.
    """

    def __init__(self, api: Api, layout: Layout, *, current: bool = False) -> None:
        home = layout.dead_letters
        self._api = api
        self._stream = home.name
        self._subject = layout.names.dlq
        self._own_stream = home.subjects == (self._subject,)
        self._max_age = None if home.max_age is None else timedelta(seconds=home.max_age)
        self._reader: Reader = GetReader(api, self._stream, self._subject)
        answers_many = layout.server.api_level >= BATCH_DIRECT_LEVEL
        if home.allow_direct and answers_many and not (current and home.replicas > 1):
            self._reader = DirectReader(api, self._stream, self._subject)

    async def extent(self) -> Extent:
        """Return how many letters there are, and from when to when."""
        state = await stream_state(self._api, self._stream, self._subject)
        depth = state.subject_counts.get(self._subject, 0)
        oldest, newest = state.first_time, state.last_time
        if depth == 0:
            oldest = newest = None
        elif not self._own_stream:
            first = await next_message(self._api, self._stream, self._subject, 1)
            last = await last_message(self._api, self._stream, self._subject)
            oldest = first.stored_at if first else None
            newest = last.stored_at if last else None
        return Extent(depth, state.first_sequence, state.last_sequence, oldest, newest)

    async def letter(self, sequence: int) -> StoredDeadLetter | None:
        """Return one letter, None where it is gone or the sequence was never a dead letter's."""
        message = await message_at(self._api, self._stream, sequence)
        if message is None or message.subject != self._subject:
            return None
        return self._decode(message)

    async def newest(self, limit: int, before: int | None = None) -> list[StoredDeadLetter]:
        """Return the newest letters of sequences below `before`, newest first, at most `limit`."""
        extent = await self.extent()
        if extent.depth == 0:
            return []
        high = extent.last_sequence if before is None else min(before - 1, extent.last_sequence)
        found = await self._reading(lambda reader: reader.newest(high, limit, extent))
        return [self._decode(message) for message in found]

    async def oldest(self, limit: int, after: int = 0) -> list[StoredDeadLetter]:
        """Return the oldest letters of sequences above `after`, oldest first, at most `limit`."""
        found: list[StoredDeadLetter] = []
        async for letters in self.scan(after, page=limit):
            found += letters
            if len(found) >= limit:
                break
        return found[:limit]

    async def scan(
        self, after: int = 0, last: int | None = None, page: int = PAGE
    ) -> AsyncIterator[tuple[StoredDeadLetter, ...]]:
        """Yield every letter above `after` and up to `last`, oldest first, some at a time.

        Letters that come after it began are not in it.
        """
        extent = await self.extent()
        last = extent.last_sequence if last is None else min(last, extent.last_sequence)
        after = max(after, extent.first_sequence - 1)
        while extent.depth and after < last:
            stretch = await self._stretch(after + 1, last, page, extent)
            if stretch.messages:
                yield tuple(self._decode(message) for message in stretch.messages)
            after = stretch.upto

    async def these(self, sequences: Sequence[int]) -> dict[int, StoredDeadLetter]:
        """Return those of these letters that are there, by sequence. Meant for some hundreds."""
        wanted = sorted(set(sequences))
        if not wanted:
            return {}
        if wanted[-1] - wanted[0] > 4 * len(wanted):
            return await self._one_by_one(wanted)
        among = set(wanted)
        span = wanted[-1] - wanted[0] + 1
        pages = [page async for page in self.scan(wanted[0] - 1, wanted[-1], span)]
        return {x.sequence: x for page in pages for x in page if x.sequence in among}

    async def _one_by_one(self, wanted: Sequence[int]) -> dict[int, StoredDeadLetter]:
        found: dict[int, StoredDeadLetter] = {}
        for start in range(0, len(wanted), IN_FLIGHT):
            few = wanted[start : start + IN_FLIGHT]
            for letter in await asyncio.gather(*(self.letter(sequence) for sequence in few)):
                if letter is not None:
                    found[letter.sequence] = letter
        return found

    async def _stretch(self, first: int, last: int, limit: int, extent: Extent) -> Stretch:
        return await self._reading(lambda reader: reader.ascending(first, last, limit, extent))

    async def _reading(self, ask: Callable[[Reader], Awaitable[T]]) -> T:
        try:
            return await ask(self._reader)
        except DirectGetOffError:
            self._reader = GetReader(self._api, self._stream, self._subject)
            return await ask(self._reader)

    def _decode(self, message: StoredMessage) -> StoredDeadLetter:
        letter, problem = read_dead_letter(message.body)
        return StoredDeadLetter(
            sequence=message.sequence,
            stored_at=message.stored_at,
            subject=message.subject,
            headers=message.headers,
            body=message.body,
            letter=letter,
            problem=problem,
            expires_at=message.stored_at + self._max_age if self._max_age else None,
        )
