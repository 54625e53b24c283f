"""Dead letters by batched direct get: the fast way, where stream and server have it (2.11+)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

from nats.errors import Error as NatsError

from worker.jetstream.api import Api
from worker.jetstream.errors import ApiError, UncertainError, UnreachableError
from worker.jetstream.messages import StoredMessage
from worker.jetstream.reading.reader import Extent, Stretch
from worker.jetstream.wire.denials import Denial
from worker.jetstream.wire.headers import read_headers
from worker.jetstream.wire.wire import Wire

BATCH_DIRECT_LEVEL = 1
"""The lowest JetStream API level (`api.level`) that answers a direct get with many: 2.11."""

MAX_BATCH = 5000
MAX_BYTES = 16 * 1024 * 1024
"""The most one answer brings, in letters and in bytes; the server ends it early, and says so."""

_SPARSE = 4
"""Sequences to a letter from which the server is asked where letters are, before they are read."""
_NO_RESPONDERS = "503"
_NO_MESSAGES = "404"
_END_OF_BATCH = "204"
_LINE_END = b"\r\n"
_SUBJECT = b"Nats-Subject: "
_SEQUENCE = b"Nats-Sequence: "
_STAMP = b"Nats-Time-Stamp: "
_NO_HEADERS = b"NATS/1.0\r\n"


class DirectGetOffError(Exception):
    """The stream does not answer direct gets (any more), or our user may not ask it to."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some messages, ascending; `pending` is how many more there were after the last of them."""

    messages: Sequence[StoredMessage]
    pending: int


class DirectReader:
    """Reads one subject of one stream with batched direct gets."""

    def __init__(self, api: Api, stream: str, subject: str) -> None:
        self._api = api
        self._wire = Wire.of(api.client)
        self._request = api.subject(f"DIRECT.GET.{stream}")
        self._subject = subject

    async def ascending(self, first: int, last: int, limit: int, _extent: Extent) -> Stretch:
        """Return a stretch of messages; see `Reader`.

        Raises:
            DirectGetOffError: nobody answers direct gets.
        """
        batch = await self._batch(first, min(limit, last - first + 1))
        messages = batch.messages
        if not messages:
            return Stretch((), last)
        if messages[-1].sequence > last:
            return Stretch([message for message in messages if message.sequence <= last], last)
        return Stretch(messages, messages[-1].sequence if batch.pending else last)

    async def descending(self, high: int, limit: int, extent: Extent) -> Stretch:
        """Return a stretch of messages, newest first; see `Reader`.

        Raises:
            DirectGetOffError: nobody answers direct gets.
        """
        span = extent.span(limit)
        if span <= _SPARSE * limit:
            low = max(high - span, extent.first_sequence)
            messages = await self._between(low, high, extent)
            if messages or low <= extent.first_sequence:
                return Stretch(messages[::-1], low)
            high = low - 1
        start = await self._start_of_newest(high, limit, extent)
        if start is None:
            return Stretch((), 0)
        return Stretch((await self._between(start, high, extent))[::-1], start)

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
        beyond = await self.count_from(high + 1)
        low, above = extent.first_sequence, high + 1
        guess = max(high - extent.span(limit), low)
        while True:
            count = await self.count_from(guess) - beyond
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

    async def count_from(self, sequence: int) -> int:
        """Return how many messages there are from `sequence` on; see `descending`."""
        batch = await self._batch(sequence, 1)
        return batch.pending + len(batch.messages)

    async def _batch(self, first: int, count: int) -> _Batch:
        body = {
            "seq": max(first, 1),
            "batch": min(max(count, 1), MAX_BATCH),
            "max_bytes": MAX_BYTES,
            "next_by_subj": self._subject,
        }
        answer = _Answer(self._request)
        inbox = self._api.client.new_inbox()
        listening_ended = self._wire.when_denied(answer.denied)
        try:
            subscription = await self._wire.subscribe(inbox, answer.take)
            try:
                if not self._wire.publish(self._request, json.dumps(body).encode(), b"", inbox):
                    raise UnreachableError(f"{self._request}: not connected")
                return await answer.whole(self._api.within)
            finally:
                await subscription.unsubscribe()
        except NatsError as error:
            raise UnreachableError(f"{self._request}: {error}") from error
        finally:
            listening_ended()


class _Answer:
    """Collects the frames of one batch until the one that ends it."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._frames: list[tuple[bytes, bytes]] = []
        self._end: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def take(self, _subject: str, _reply: str, block: bytes, body: bytes) -> None:
        """Keep a message, or end: only the server's own frames are without a sequence."""
        if _SEQUENCE in block:
            self._frames.append((block, body))
        elif not self._end.done():
            self._end.set_result(block)

    def denied(self, denial: Denial) -> None:
        """End where it is this that the server forbids."""
        if denial.is_of("publish", self._subject) and not self._end.done():
            self._end.set_exception(DirectGetOffError(self._subject))

    async def whole(self, within: float) -> _Batch:
        """Wait for the end, for as long as frames keep coming within `within` seconds.

        Raises:
            DirectGetOffError: nobody answers, or the server forbids it.
            ApiError: the server refused.
            UncertainError: the answer stopped.
        """
        while not self._end.done():
            seen = len(self._frames)
            await asyncio.wait((self._end,), timeout=within)
            if not self._end.done() and len(self._frames) == seen:
                raise UncertainError(f"{self._subject}: the answer stopped after {seen} messages")
        status, words, headers = read_headers(self._end.result())
        if status == _NO_MESSAGES:
            return _Batch((), 0)
        if status == _NO_RESPONDERS:
            raise DirectGetOffError(self._subject)
        if status != _END_OF_BATCH:
            code = int(status) if status.isdigit() else 500
            raise ApiError(self._subject, code, 0, words or "no description")
        return _Batch(
            [_message(block, body) for block, body in self._frames],
            int(headers.get("Nats-Num-Pending", "0")),
        )


def _message(block: bytes, body: bytes) -> StoredMessage:
    """Return the message in a frame: behind the publisher's own headers the server puts its own."""
    start = block.rfind(b"Nats-Stream: ")
    lines = block[start:].split(_LINE_END, 4)
    if start < 0 or len(lines) < 5 or not lines[2].startswith(_SEQUENCE):
        raise ApiError("DIRECT.GET", 500, 0, f"an answer that is no message: {block[:200]!r}")
    return StoredMessage(
        int(lines[2][len(_SEQUENCE) :]),
        lines[1][len(_SUBJECT) :].decode("utf-8", "replace"),
        lines[3][len(_STAMP) :].decode("ascii", "replace"),
        block[:start] if start > len(_NO_HEADERS) else b"",
        body,
    )
