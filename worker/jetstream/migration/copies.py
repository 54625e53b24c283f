"""Copies of dead letters, made unseen: each once, however often it is begun anew."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from worker.jetstream.api import MSG_ID
from worker.jetstream.errors import PayloadTooLargeError, UncertainError
from worker.jetstream.messages import IN_FLIGHT, StoredMessage, delete_message, last_message
from worker.jetstream.migration.parts import Parts, RefusedChangeError, all_of
from worker.jetstream.migration.reading import letters_after
from worker.model.names import carried_headers

NEAR = 500
"""Letters that may be left to copy while the subject has no stream: some 100 ms."""
TELL_EVERY = 2.0
"""Seconds between words on how far it is."""
_ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Mark:
    """The letters in the work queue at one moment: how many, and the sequence of the newest.

    Where both are those of the copies, the letters are the copied ones: each that came would be
    newer, each that went would be missing.
    """

    letters: int
    newest: int


class Copies:
    """The copies of the work queue's letters in their own stream, which is not open yet.

    Nobody else writes to it or reads it. A copy carries the original's sequence in its
    `Nats-Msg-Id`, and is found again by it. A letter too large for one more header goes without,
    and is found again by its bytes.
    """

    def __init__(self, parts: Parts, life: str) -> None:
        """Describe the copies.

        Args:
            parts: The tools of the migration.
            life: The generation of the work queue whose letters are copied.
        """
        self._parts = parts
        self._life = life
        self._copied: dict[int, int] = {}
        self._unnamed: dict[bytes, list[int]] = defaultdict(list)
        self._upto = 0
        self._told_at = parts.clock.monotonic()

    async def load(self) -> None:
        """Find the copies that are there already."""
        self._copied.clear()
        self._unnamed.clear()
        self._upto = 0
        own = await self._parts.own_stream()
        async for messages in letters_after(self._parts.api, own, 0):
            for message in messages:
                original = copy_of(message, self._life)
                if original is None:
                    self._unnamed[_digest(message.body)].append(message.sequence)
                else:
                    self._copied[original] = message.sequence

    async def catch_up(self) -> None:
        """Copy letters until few are left that came meanwhile.

        Raises:
            RefusedChangeError: they come faster than they can be copied.
        """
        last = await self._copy_new()
        for _ in range(_ROUNDS):
            new = await self._copy_new()
            if new <= NEAR:
                return
            if new > last:
                break
            last = new
        raise RefusedChangeError(
            "dead letters come faster than they can be copied: try again when it is calmer"
        )

    async def settle(self) -> Mark:
        """Return a moment in which every letter had its copy, and every copy its letter.

        Meant for when no more letters come: see `NEAR`.

        Raises:
            RefusedChangeError: letters came and went all the time.
        """
        for _ in range(_ROUNDS):
            await self._copy_new()
            seen = await self._seen()
            if seen == Mark(len(self._copied), max(self._copied, default=0)):
                if await self._are_all_there():
                    return seen
            elif seen.newest <= self._upto or seen.letters < len(self._copied):
                await self._forget_gone()
        raise RefusedChangeError("dead letters keep coming and going: try again when it is calmer")

    async def _copy_new(self) -> int:
        """Copy the letters that came since; return how many those were."""
        parts = self._parts
        pile = await parts.work_queue()
        copied = 0
        async for messages in letters_after(parts.api, pile, self._upto):
            missing = [message for message in messages if message.sequence not in self._copied]
            await self._copy_all(missing)
            copied += len(missing)
            if missing:
                self._tell(pile.letters)
                await parts.step("copied some")
        self._upto = max(self._upto, pile.last_sequence)
        return copied

    def _tell(self, letters: int) -> None:
        now = self._parts.clock.monotonic()
        if now - self._told_at >= TELL_EVERY:
            self._told_at = now
            self._parts.tell(f"{len(self._copied):,} of {letters:,} letters copied")

    async def _seen(self) -> Mark:
        parts = self._parts
        pile = await parts.work_queue()
        newest = await parts.patiently(
            lambda: last_message(parts.api, parts.names.stream, parts.names.dlq)
        )
        return Mark(pile.letters, newest.sequence if newest else 0)

    async def _are_all_there(self) -> bool:
        own = await self._parts.own_stream()
        if own.letters == len(self._copied) + sum(map(len, self._unnamed.values())):
            return True
        await self.load()
        return False

    async def _forget_gone(self) -> None:
        """Delete the copies of letters that were replayed or purged meanwhile."""
        parts = self._parts
        there: set[int] = set()
        async for messages in letters_after(parts.api, await parts.work_queue(), 0):
            there.update(message.sequence for message in messages)
        gone = [original for original in self._copied if original not in there]
        for original in gone:
            copy = self._copied[original]
            await parts.patiently(partial(self._delete, copy))
            del self._copied[original]
        self._upto = min([self._upto, *(missing - 1 for missing in there - self._copied.keys())])

    async def _delete(self, sequence: int) -> bool:
        return await delete_message(self._parts.api, self._parts.names.dlq_stream, sequence)

    async def _copy_all(self, messages: Sequence[StoredMessage]) -> None:
        for start in range(0, len(messages), IN_FLIGHT):
            few = messages[start : start + IN_FLIGHT]
            await all_of(self._copy(message) for message in few)

    async def _copy(self, message: StoredMessage) -> None:
        parts = self._parts
        name = copy_id(self._life, message.sequence)
        try:
            ack = await parts.publish(parts.names.moving_dlq, message.body, message.headers, name)
        except PayloadTooLargeError:
            await self._copy_unnamed(message)
        else:
            self._copied[message.sequence] = ack.sequence

    async def _copy_unnamed(self, message: StoredMessage) -> None:
        parts = self._parts
        known = self._unnamed.get(_digest(message.body))
        if known:
            self._copied[message.sequence] = known.pop()
            return
        try:
            ack = await parts.api.publish(
                parts.names.moving_dlq, message.body, headers=carried_headers(message.headers)
            )
        except UncertainError:
            # It may be stored or not: what is there is read anew, and the rest copied then.
            await self.load()
        else:
            self._copied[message.sequence] = ack.sequence


def copy_id(life: str, sequence: int) -> str:
    """Return the message id of the copy of a letter."""
    return f"moved-{life}-{sequence}"


def copy_of(message: StoredMessage, life: str) -> int | None:
    """Return the sequence of the letter that this is the copy of, None where it is none."""
    base, _, sequence = message.headers.get(MSG_ID, "").rpartition("-")
    if base != f"moved-{life}" or not (sequence.isascii() and sequence.isdigit()):
        return None
    return int(sequence)


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()
