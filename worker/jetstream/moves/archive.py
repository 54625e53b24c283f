"""Copies of purged dead letters: exact, each once, and made dead letters again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from worker.jetstream.api import EXPECTED_LAST_SUBJECT_SEQUENCE, Api, PubAck
from worker.jetstream.errors import (
    STREAM_NOT_FOUND,
    WRONG_LAST_SEQUENCE,
    ApiError,
    PayloadTooLargeError,
)
from worker.jetstream.messages import StoredMessage, delete_message, last_message, last_messages
from worker.jetstream.requests import Asked
from worker.jetstream.wire.headers import header_block
from worker.model.names import (
    ARCHIVE_BY,
    ARCHIVE_HEADERS,
    ARCHIVE_ID,
    ARCHIVE_WHY,
    RESTORED_OF,
    QueueNames,
    carried_headers,
    is_sendable,
    is_server_header,
)
from worker.model.text import literal

MOST_WHY = 200
"""Characters of a reason that a copy carries; the audit has all of it."""

_EDITED = "edited-"

# As many header bytes as its return puts beside a letter's own.
_WIDEST = {
    RESTORED_OF: "9" * 60,
    "Nats-Msg-Id": "9" * 70,
    "Nats-Expected-Last-Sequence": "9" * 20,
}


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why a copy is made: the run that made it, of whom, and the reason."""

    run: str
    by: str
    why: str = ""


class Kept(Protocol):
    """What of a letter is kept."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers as stored."""

    @property
    def body(self) -> bytes:
        """Its payload as stored."""


class Archive:
    """The archive of one queue."""

    def __init__(self, api: Api, names: QueueNames) -> None:
        self._api = api
        self._names = names

    async def keep(self, key: str, letter: Kept, purpose: Purpose) -> int:
        """Store the copy of a letter under its key, once; return the copy's sequence.

        Raises:
            PayloadTooLargeError: it is too large to be kept with the run's name beside it.
        """
        subject = self._names.archive(key)
        headers = self._headers(subject, letter, purpose)
        version = 0
        while True:
            try:
                ack = await self._api.publish(
                    subject, letter.body, headers=headers, expected_last_subject_sequence=version
                )
            except ApiError as error:
                if error.err_code != WRONG_LAST_SEQUENCE:
                    raise
                there = await self.copy(key)
                if there is not None and there.headers.get(ARCHIVE_ID) == purpose.run:
                    return there.sequence
                version = there.sequence if there else 0
            else:
                return ack.sequence

    async def keep_all(
        self, letters: Sequence[tuple[str, Kept]], purpose: Purpose
    ) -> list[int | None]:
        """Store copies of letters by their keys, all at once; return their sequences.

        None of a copy that is not known to be stored for the first time: `keep` says of that one.
        """
        asked: list[Asked] = []
        for key, letter in letters:
            subject = self._names.archive(key)
            try:
                headers = self._headers(subject, letter, purpose)
            except PayloadTooLargeError:
                return [None] * len(letters)
            block = header_block(headers | {EXPECTED_LAST_SUBJECT_SEQUENCE: "0"})
            asked.append(Asked(subject, letter.body, block))
        acks = await self._api.publish_all(asked)
        return [ack.sequence if isinstance(ack, PubAck) else None for ack in acks]

    async def add(self, key: str, letter: Kept, purpose: Purpose) -> str:
        """Store a copy under a key unless there is one; return the run that made the one there.

        Raises:
            PayloadTooLargeError: it is too large to be kept with the run's name beside it.
        """
        subject = self._names.archive(key)
        headers = self._headers(subject, letter, purpose)
        while True:
            try:
                await self._api.publish(
                    subject, letter.body, headers=headers, expected_last_subject_sequence=0
                )
            except ApiError as error:
                if error.err_code != WRONG_LAST_SEQUENCE:
                    raise
                there = await self.copy(key)
                if there is not None:
                    return there.headers.get(ARCHIVE_ID, "")
            else:
                return purpose.run

    async def copy(self, key: str) -> StoredMessage | None:
        """Return the newest copy under a key, None where there is none."""
        try:
            return await last_message(
                self._api, self._names.archive_stream, self._names.archive(key)
            )
        except ApiError as error:
            if error.err_code == STREAM_NOT_FOUND:
                return None
            raise

    async def copies(self, keys: Sequence[str]) -> list[StoredMessage | None]:
        """Return the newest copy under each key, None where there is none."""
        try:
            subjects = [self._names.archive(key) for key in keys]
            return await last_messages(self._api, self._names.archive_stream, subjects)
        except ApiError as error:
            if error.err_code == STREAM_NOT_FOUND:
                return [None] * len(keys)
            raise

    async def forget(self, sequence: int) -> None:
        """Delete a copy of a letter that stayed where it was."""
        await delete_message(self._api, self._names.archive_stream, sequence)

    def _headers(self, subject: str, letter: Kept, purpose: Purpose) -> dict[str, str]:
        least = kept_headers(letter.headers) | {ARCHIVE_ID: purpose.run}
        whole = least | _told(purpose)
        try:
            self._api.check_size(subject, letter.body, whole | _WIDEST)
        except PayloadTooLargeError:
            self._api.check_size(subject, letter.body, least | _WIDEST)
            return least
        return whole


@lru_cache(maxsize=64)
def _told(purpose: Purpose) -> dict[str, str]:
    why = literal(purpose.why, MOST_WHY)
    return {ARCHIVE_BY: literal(purpose.by)} | ({ARCHIVE_WHY: why} if why else {})


def edited_key(letter: str, run: str) -> str:
    """Return the key of a letter that was replayed with another task by a run."""
    return f"{_EDITED}{letter}-{run}"


def is_edited(key: str) -> bool:
    """Return whether a key is that of a letter that was replayed with another task."""
    return key.startswith(_EDITED)


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return a letter's headers as a copy carries them: the server's own under other names."""
    return {
        f"{ARCHIVE_HEADERS}{name}" if is_server_header(name) else name: value
        for name, value in headers.items()
        if is_sendable(name) and not name.startswith(ARCHIVE_HEADERS)
    }


def returned_headers(copy: Mapping[str, str], key: str) -> dict[str, str]:
    """Return the headers that a letter comes back with.

    The server's own stay behind: a `Nats-Msg-Id` would have the letter taken for one that is there,
    a `Nats-TTL` would let it expire.
    """
    told = (ARCHIVE_HEADERS, ARCHIVE_ID, ARCHIVE_BY, ARCHIVE_WHY)
    kept = {name: value for name, value in copy.items() if not name.startswith(told)}
    return carried_headers(kept) | {RESTORED_OF: key}
