"""The reader that a stream allows: by batched direct get where it answers, by message get else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from worker.jetstream.api import Api
from worker.jetstream.messages import StoredMessage
from worker.jetstream.reading.direct import (
    BATCH_DIRECT_LEVEL,
    DirectGetOffError,
    DirectReader,
)
from worker.jetstream.reading.get import GetReader
from worker.jetstream.reading.reader import Extent, Reader, Stretch

T = TypeVar("T")


class EitherReader:
    """Reads one subject of one stream: directly where that is `allowed` and the server answers."""

    def __init__(
        self, api: Api, stream: str, subject: str, *, allowed: bool, api_level: int
    ) -> None:
        self._slow = GetReader(api, stream, subject)
        self._reader: Reader = self._slow
        if allowed and api_level >= BATCH_DIRECT_LEVEL:
            self._reader = DirectReader(api, stream, subject)

    async def ascending(self, first: int, last: int, limit: int, extent: Extent) -> Stretch:
        """Return a stretch of messages; see `Reader`."""
        return await self._ask(lambda reader: reader.ascending(first, last, limit, extent))

    async def descending(self, high: int, limit: int, extent: Extent) -> Stretch:
        """Return a stretch of messages, newest first; see `Reader`."""
        return await self._ask(lambda reader: reader.descending(high, limit, extent))

    async def newest(self, limit: int, before: int | None, extent: Extent) -> list[StoredMessage]:
        """Return the newest messages of sequences below `before`, newest first, at most `limit`."""
        high = extent.last_sequence if before is None else min(before - 1, extent.last_sequence)
        found: list[StoredMessage] = []
        while extent.depth and len(found) < limit and high >= extent.first_sequence:
            stretch = await self.descending(high, limit - len(found), extent)
            found += stretch.messages
            high = stretch.upto - 1
        return found[:limit]

    async def count_from(self, sequence: int) -> int | None:
        """Return how many messages there are from `sequence` on, None where only reading tells."""
        if not isinstance(self._reader, DirectReader):
            return None
        try:
            return await self._reader.count_from(sequence)
        except DirectGetOffError:
            self._reader = self._slow
            return None

    async def _ask(self, ask: Callable[[Reader], Awaitable[T]]) -> T:
        try:
            return await ask(self._reader)
        except DirectGetOffError:
            self._reader = self._slow
            return await ask(self._reader)
