"""Dead letters that are published while no stream takes them: heard, stored, acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from worker.jetstream.api import MSG_ID
from worker.jetstream.errors import PayloadTooLargeError
from worker.jetstream.migration.parts import Parts, Pile, all_of
from worker.jetstream.migration.reading import letters_after

STORING = 1.0
"""Seconds that a server may take to show a message that it took before the subject moved."""
_POLL = 0.02

_Fingerprint = tuple[bytes, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class _Heard:
    reply: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def fingerprint(self) -> _Fingerprint:
        return _fingerprint(self.headers, self.body)


@dataclass(frozen=True, slots=True)
class Before:
    """The newest sequences of both streams before the subject moved."""

    work_queue: int
    own: int


class Gap:
    """Hears every dead letter that is published while `listening`.

    Those that a stream stored are told from the others by what the streams hold: body and headers.
    Dead letters carry the time of death to the nanosecond, so two are never alike; if they were,
    they would be counted.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._heard: list[_Heard] | None = None
        self._subscription: Subscription | None = None

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hear dead letters while the block runs."""
        await self._listen()
        try:
            yield
        finally:
            await self._deafen()

    async def begin(self) -> Before:
        """Keep what is heard from now on."""
        own = await self._parts.own_stream()
        work_queue = await self._parts.work_queue()
        if self._subscription is None:
            await self._listen()
        self._heard = []
        return Before(work_queue.last_sequence, own.last_sequence)

    async def end(self, before: Before) -> int:
        """Store what was heard and no stream has; return how many letters that were.

        To be called when the subject has a stream again.
        """
        await self._deafen()
        unstored = await self._unstored(before)
        await all_of(self._store(heard) for heard in unstored)
        self._heard = None
        return len(unstored)

    async def _listen(self) -> None:
        client = self._parts.api.client
        self._subscription = await client.subscribe(
            self._parts.names.dlq, cb=self._on_letter, pending_msgs_limit=0, pending_bytes_limit=0
        )
        await client.flush()

    async def _deafen(self) -> None:
        """Hear no more; what is on its way is heard still."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            with contextlib.suppress(NatsError):
                await subscription.drain()  # type: ignore[no-untyped-call] # nats-py's

    async def _on_letter(self, message: Msg) -> None:
        if self._heard is not None:
            self._heard.append(_Heard(message.reply, message.headers or {}, message.data))

    async def _unstored(self, before: Before) -> list[_Heard]:
        """Return the letters heard that no stream has, once it is certain that none will."""
        deadline = self._parts.clock.monotonic() + STORING
        while True:
            missing = await self._missing(before)
            if not missing or self._parts.clock.monotonic() > deadline:
                return missing
            await asyncio.sleep(_POLL)

    async def _missing(self, before: Before) -> list[_Heard]:
        if not self._heard:
            return []
        stored: Counter[_Fingerprint] = Counter()
        stored += await self._stored(await self._parts.work_queue(), before.work_queue)
        stored += await self._stored(await self._parts.own_stream(), before.own)
        missing: list[_Heard] = []
        for heard in self._heard:
            if stored[heard.fingerprint]:
                stored[heard.fingerprint] -= 1
            else:
                missing.append(heard)
        return missing

    async def _stored(self, pile: Pile, after: int) -> Counter[_Fingerprint]:
        found: Counter[_Fingerprint] = Counter()
        async for messages in letters_after(self._parts.api, pile, after):
            found.update(_fingerprint(message.headers, message.body) for message in messages)
        return found

    async def _store(self, heard: _Heard) -> None:
        """Store a letter under the id its publisher gave it, and answer as the stream would."""
        parts = self._parts
        name = heard.headers.get(MSG_ID) or (f"gap-{heard.reply}" if heard.reply else None)
        try:
            ack = await parts.publish(parts.names.dlq, heard.body, heard.headers, name)
        except PayloadTooLargeError:
            ack = await parts.publish(parts.names.dlq, heard.body, heard.headers, None)
        await parts.step("stored a letter of the gap")
        if heard.reply:
            answer = {"stream": ack.stream, "seq": ack.sequence}
            await parts.api.client.publish(heard.reply, json.dumps(answer).encode())


def _fingerprint(headers: Mapping[str, str], body: bytes) -> _Fingerprint:
    return body, tuple(sorted(headers.items()))
