"""Reading the messages under a subject of a stream in order, whoever made the stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta

from worker.jetstream.api import Api
from worker.jetstream.info import stream_state
from worker.jetstream.messages import StoredMessage, next_message
from worker.jetstream.reading.either import EitherReader
from worker.jetstream.reading.reader import Extent
from worker.model.state import StreamState

STRETCH = 1000
"""Messages that are read at once, about."""
SKEW = timedelta(minutes=1)
"""How far the clocks of two servers may differ: streams are stamped by their leaders."""


def tell_nobody(_read: int, _depth: int) -> None:
    """Tell nobody how far a reading is."""


class Scan:
    """Reads a subject of a stream: by batched direct get where it answers as the leader would.

    The subject may be one for many, such as `provisioning.audit.*`.

    Every call may raise `JetStreamError`.
    """

    def __init__(self, api: Api, stream: StreamState, subject: str, api_level: int) -> None:
        self._api = api
        self._stream = stream.name
        self._subject = subject
        # A replica that is behind answers direct gets too.
        self._reader = EitherReader(
            api,
            stream.name,
            subject,
            allowed=stream.allow_direct and stream.replicas == 1,
            api_level=api_level,
        )

    async def messages(
        self, first: int, last: int, told: Callable[[int, int], None] = tell_nobody
    ) -> AsyncIterator[Sequence[StoredMessage]]:
        """Yield the messages of sequences from `first` to `last`, ascending, some at a time.

        `told` is called at the beginning and after each stretch: with how many are read, and how
        many there may be; less where some went between others.
        """
        extent = await self._extent()
        first, last = max(first, extent.first_sequence), min(last, extent.last_sequence)
        depth, read = min(extent.depth, max(last - first + 1, 0)), 0
        told(0, depth)
        while extent.depth and first <= last:
            stretch = await self._reader.ascending(first, last, STRETCH, extent)
            read += len(stretch.messages)
            told(read, max(depth, read))
            yield stretch.messages
            first = stretch.upto + 1

    async def newest(self, limit: int, before: int | None = None) -> Sequence[StoredMessage]:
        """Return the newest messages of sequences below `before`, newest first, at most `limit`."""
        extent = await self._extent()
        return await self._reader.newest(limit, before, extent)

    async def sequences(self, first: int, last: int, limit: int) -> tuple[list[int], bool]:
        """Return the sequences of messages, ascending, and whether those are all.

        At most about `limit`, and `STRETCH` more.
        """
        found: list[int] = []
        async for messages in self.messages(first, last):
            found += [message.sequence for message in messages]
            if len(found) > limit:
                return found[:limit], False
        return found, True

    async def first_since(self, moment: datetime) -> int:
        """Return a sequence before which every message is older than `moment`.

        Halved, like a search in a sorted list: some 20 requests for a million messages.
        """
        extent = await self._extent()
        oldest = moment - SKEW
        low, high = extent.first_sequence, extent.last_sequence + 1
        while extent.depth and low < high:
            middle = (low + high) // 2
            message = await next_message(self._api, self._stream, self._subject, middle)
            if message is None or message.stored_at >= oldest:
                high = middle
            else:
                low = message.sequence + 1
        return low

    async def _extent(self) -> Extent:
        state = await stream_state(self._api, self._stream, self._subject)
        return Extent(
            sum(state.subject_counts.values()),
            state.first_sequence,
            state.last_sequence,
            None,
            None,
        )
