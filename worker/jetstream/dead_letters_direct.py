"""Dead letters by batched direct get: the fast way, where stream and server have it (2.11+)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from worker.jetstream.api import Api
from worker.jetstream.dead_letters_reader import Extent, Stretch
from worker.jetstream.errors import ApiError, UncertainError, UnreachableError
from worker.jetstream.messages import StoredMessage, published_headers, stored_time

BATCH_DIRECT_LEVEL = 1
"""The lowest JetStream API level (`api.level`) that answers a direct get with many: 2.11."""

MAX_BATCH = 1000
MAX_BYTES = 16 * 1024 * 1024
"""The most one answer brings, in letters and in bytes; the server ends it early, and says so."""

_NO_RESPONDERS = "503"
_NO_MESSAGES = "404"
_END_OF_BATCH = "204"


class DirectGetOffError(Exception):
    """The stream does not answer direct gets (any more)."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some messages, ascending; `pending` is how many more there were after the last of them."""

    messages: tuple[StoredMessage, ...]
    pending: int


class DirectReader:
    """Reads one subject of one stream with batched direct gets."""

    def __init__(self, api: Api, stream: str, subject: str) -> None:
        self._api = api
        self._request = api.subject(f"DIRECT.GET.{stream}")
        self._subject = subject

    async def ascending(self, first: int, last: int, limit: int, _extent: Extent) -> Stretch:
        """Return a stretch of messages; see `Reader`.

        Raises:
            DirectGetOffError: nobody answers direct gets.
        """
        batch = await self._batch(first, limit)
        inside = [message for message in batch.messages if message.sequence <= last]
        ended = batch.pending == 0 or len(inside) < len(batch.messages)
        return Stretch(inside, last if ended else batch.messages[-1].sequence)

    async def newest(self, high: int, limit: int, extent: Extent) -> list[StoredMessage]:
        """Return the newest messages; see `Reader`.

        Raises:
            DirectGetOffError: nobody answers direct gets.
        """
        found: list[StoredMessage] = []
        while len(found) < limit:
            low = await self._start_of_newest(high, limit - len(found), extent)
            if low is None:
                break
            between = await self._between(low, high, extent)
            found += between[::-1]
            high = low - 1
        return found[:limit]

    async def _between(self, low: int, high: int, extent: Extent) -> list[StoredMessage]:
        found: list[StoredMessage] = []
        while low <= high:
            stretch = await self.ascending(low, high, MAX_BATCH, extent)
            found += stretch.messages
            low = stretch.upto + 1
        return found

    async def _start_of_newest(self, high: int, limit: int, extent: Extent) -> int | None:
        """Return a sequence that has at least one and at most 2·`limit` messages up to `high`.

        The server tells how many messages follow a sequence, so it is found by halving what is
        known to hold too many and what is known to hold too few; a good guess comes first.
        """
        beyond = await self._count_from(high + 1)
        low, above = extent.first_sequence, high + 1
        guess = max(high - extent.span(limit), low)
        while True:
            count = await self._count_from(guess) - beyond
            if count < 1 and guess <= low:
                return None
            if limit <= count <= 2 * limit or (0 < count < limit and guess <= low):
                return guess
            if count < limit:
                above = guess
            else:
                low = guess + 1
            if low >= above:
                return guess if count > 0 else None
            guess = (low + above) // 2

    async def _count_from(self, sequence: int) -> int:
        batch = await self._batch(sequence, 1)
        return batch.pending + len(batch.messages)

    async def _batch(self, first: int, count: int) -> _Batch:
        if not self._api.client.is_connected:
            raise UnreachableError(f"{self._request}: not connected")
        body = {
            "seq": max(first, 1),
            "batch": min(count, MAX_BATCH),
            "max_bytes": MAX_BYTES,
            "next_by_subj": self._subject,
        }
        answer = _Answer(self._request)
        inbox = self._api.client.new_inbox()
        try:
            # No limit on what waits: the batch is bounded, and a dropped frame would be a hole.
            subscription = await self._api.client.subscribe(
                inbox, cb=answer.take, pending_msgs_limit=0, pending_bytes_limit=0
            )
            try:
                payload = json.dumps(body).encode()
                await self._api.client.publish(self._request, payload, reply=inbox)
                return await answer.whole(self._api.within)
            finally:
                with contextlib.suppress(NatsError):
                    await subscription.unsubscribe()
        except NatsError as error:
            raise UnreachableError(f"{self._request}: {error}") from error


class _Answer:
    """Collects the frames of one batch until the one that ends it."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._messages: list[StoredMessage] = []
        self._end: asyncio.Future[_Batch] = asyncio.get_running_loop().create_future()

    async def take(self, frame: Msg) -> None:
        """Keep a message, or end: only the server's own frames are without a sequence."""
        headers = frame.headers or {}
        if "Nats-Sequence" in headers:
            self._messages.append(_stored(headers, frame.data))
        elif not self._end.done():
            self._finish(headers)

    async def whole(self, within: float) -> _Batch:
        """Wait for the end, for as long as frames keep coming within `within` seconds."""
        while not self._end.done():
            seen = len(self._messages)
            await asyncio.wait((self._end,), timeout=within)
            if not self._end.done() and len(self._messages) == seen:
                raise UncertainError(f"{self._subject}: the answer stopped after {seen} messages")
        return self._end.result()

    def _finish(self, headers: Mapping[str, str]) -> None:
        status = headers.get("Status", "")
        if status == _END_OF_BATCH:
            pending = int(headers.get("Nats-Num-Pending", "0"))
            self._end.set_result(_Batch(tuple(self._messages), pending))
        elif status == _NO_MESSAGES:
            self._end.set_result(_Batch((), 0))
        elif status == _NO_RESPONDERS:
            self._end.set_exception(DirectGetOffError(self._subject))
        else:
            code = int(status) if status.isdigit() else 500
            words = headers.get("Description", "no description")
            self._end.set_exception(ApiError(self._subject, code, 0, words))


def _stored(headers: Mapping[str, str], body: bytes) -> StoredMessage:
    return StoredMessage(
        sequence=int(headers["Nats-Sequence"]),
        stored_at=stored_time(headers.get("Nats-Time-Stamp", "")),
        subject=headers.get("Nats-Subject", ""),
        headers=published_headers(headers),
        body=body,
    )
