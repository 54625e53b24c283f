"""Dead letters as they lie in a stream: read without a consumer, so that nothing is taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import timedelta

from worker.jetstream.api import Api
from worker.jetstream.dead_letters.lean import LeanLetter
from worker.jetstream.info import stream_state
from worker.jetstream.messages import (
    IN_FLIGHT,
    StoredMessage,
    last_message,
    message_at,
    next_message,
)
from worker.jetstream.reading.either import EitherReader
from worker.jetstream.reading.reader import Extent, Stretch
from worker.jetstream.topology.layout import Layout
from worker.model.dead_letter import StoredDeadLetter

PAGE = 500
"""Letters that a scan of strict letters yields at once, about."""
SKIM = 4000
"""Letters that are asked for at once where very many are read."""
SLICE = 100
"""Letters yielded between two turns of the event loop: so few that the garbage collector, which
looks after 700 new objects, seldom looks."""


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
        # A replica that is behind answers direct gets too.
        self._reader = EitherReader(
            api,
            self._stream,
            self._subject,
            allowed=home.allow_direct and not (current and home.replicas > 1),
            api_level=layout.server.api_level,
        )

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

    async def count_from(self, sequence: int) -> int | None:
        """Return how many letters there are from `sequence` on, None where only reading tells."""
        return await self._reader.count_from(sequence)

    async def letter(self, sequence: int) -> StoredDeadLetter | None:
        """Return one letter, None where it is gone or the sequence was never a dead letter's."""
        message = await message_at(self._api, self._stream, sequence)
        if message is None or message.subject != self._subject:
            return None
        return LeanLetter(message, self._max_age).stored()

    async def newest(self, limit: int, before: int | None = None) -> list[StoredDeadLetter]:
        """Return the newest letters of sequences below `before`, newest first, at most `limit`."""
        extent = await self.extent()
        found = await self._reader.newest(limit, before, extent)
        return [LeanLetter(message, self._max_age).stored() for message in found]

    async def oldest(self, limit: int, after: int = 0) -> list[StoredDeadLetter]:
        """Return the oldest letters of sequences above `after`, oldest first, at most `limit`."""
        found: list[StoredDeadLetter] = []
        async with aclosing(self.scan(after, page=limit)) as pages:
            async for letters in pages:
                found += letters
                if len(found) >= limit:
                    break
        return found[:limit]

    async def scan(
        self, after: int = 0, last: int | None = None, page: int = PAGE
    ) -> AsyncGenerator[tuple[StoredDeadLetter, ...], None]:
        """Yield every letter above `after` and up to `last`, oldest first, some at a time.

        Letters that come after it began are not in it.
        """
        extent = await self.extent()
        last = extent.last_sequence if last is None else min(last, extent.last_sequence)
        after = max(after, extent.first_sequence - 1)
        while extent.depth and after < last:
            stretch = await self._reader.ascending(after + 1, last, page, extent)
            if stretch.messages:
                yield tuple(letter.stored() for letter in self._lean(stretch.messages))
            after = stretch.upto

    async def skim(
        self, first: int, last: int, extent: Extent, *, newest_first: bool
    ) -> AsyncGenerator[Sequence[LeanLetter], None]:
        """Yield the letters of sequences from `first` to `last`, some at a time: for very many.

        While some are looked at the next are on their way. `extent` is how the letters lay when
        this began; what came later is not in it if `last` is not beyond it.
        """
        first, last = max(first, extent.first_sequence), min(last, extent.last_sequence)

        def ask(first: int, last: int) -> asyncio.Task[Stretch]:
            if newest_first:
                return asyncio.create_task(self._reader.descending(last, SKIM, extent))
            return asyncio.create_task(self._reader.ascending(first, last, SKIM, extent))

        ahead = ask(first, last) if extent.depth and first <= last else None
        try:
            while ahead is not None:
                stretch = await ahead
                messages = stretch.messages
                if newest_first:
                    messages = [message for message in messages if message.sequence >= first]
                    last = stretch.upto - 1
                else:
                    first = stretch.upto + 1
                ahead = ask(first, last) if first <= last else None
                # Made a slice at a time, letters go before the garbage collector looks at them.
                for start in range(0, len(messages), SLICE):
                    await asyncio.sleep(0)
                    yield self._lean(messages[start : start + SLICE])
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.wait((ahead,))

    async def named(
        self, sequences: Sequence[int], *, newest_first: bool
    ) -> AsyncGenerator[Sequence[LeanLetter], None]:
        """Yield those of these letters that are there, some at a time, in order of sequence."""
        wanted = sorted(set(sequences), reverse=newest_first)
        for start in range(0, len(wanted), PAGE):
            few = wanted[start : start + PAGE]
            found = await self._some(few)
            yield [found[sequence] for sequence in few if sequence in found]

    async def these(self, sequences: Sequence[int]) -> dict[int, StoredDeadLetter]:
        """Return those of these letters that are there, by sequence. Meant for some hundreds."""
        found = await self.lean(sequences)
        return {sequence: letter.stored() for sequence, letter in found.items()}

    async def lean(self, sequences: Sequence[int]) -> dict[int, LeanLetter]:
        """Return what `these` returns, each letter to be read as far as it is asked about."""
        return await self._some(sorted(set(sequences)))

    async def _some(self, wanted: Sequence[int]) -> dict[int, LeanLetter]:
        if not wanted:
            return {}
        low, high = min(wanted), max(wanted)
        if high - low > 4 * len(wanted):
            return await self._one_by_one(wanted)
        among, extent = set(wanted), await self.extent()
        found: dict[int, LeanLetter] = {}
        while low <= high:
            stretch = await self._reader.ascending(low, high, high - low + 1, extent)
            found |= {x.sequence: x for x in self._lean(stretch.messages) if x.sequence in among}
            low = stretch.upto + 1
        return found

    async def _one_by_one(self, wanted: Sequence[int]) -> dict[int, LeanLetter]:
        found: dict[int, LeanLetter] = {}
        for start in range(0, len(wanted), IN_FLIGHT):
            few = wanted[start : start + IN_FLIGHT]
            asked = (message_at(self._api, self._stream, sequence) for sequence in few)
            for message in await asyncio.gather(*asked):
                if message is not None and message.subject == self._subject:
                    found[message.sequence] = LeanLetter(message, self._max_age)
        return found

    def _lean(self, messages: Sequence[StoredMessage]) -> list[LeanLetter]:
        return [LeanLetter(message, self._max_age) for message in messages]
