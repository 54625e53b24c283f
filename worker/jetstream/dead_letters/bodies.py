"""Messages too large for a dead letter, in an object store (ADR-20): `nats object get` reads them.

An object is some pieces under a subject of their own, and an entry that says which they are. What
has no entry is not there yet; so a writer that dies leaves pieces that nobody reads.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from worker.jetstream.api import Api
from worker.jetstream.errors import (
    STREAM_NOT_FOUND,
    WRONG_LAST_SEQUENCE,
    ApiError,
    JetStreamError,
)
from worker.jetstream.info import find_stream, stream_state
from worker.jetstream.messages import StoredMessage, last_message, next_message, purge_subject
from worker.jetstream.topology.layout import create_stream
from worker.model import wire_json
from worker.model.clock import ZERO_TIME
from worker.model.dead_letter import StoredDeadLetter
from worker.model.names import (
    REPLAY_COUNT,
    REPLAY_ID,
    REPLAY_OF,
    REPLAYED_BY,
    TRACEPARENT,
    QueueNames,
)
from worker.model.raw_object import RawObject
from worker.model.text import literal
from worker.model.topology import bodies_stream

PIECE = 128 * 1024
"""Bytes of a piece at most, as every client of object stores cuts them."""
_TELLING = (REPLAY_OF, REPLAY_COUNT, REPLAYED_BY, REPLAY_ID, TRACEPARENT)
_SHORT = 256
_NAME = re.compile(r"[\w.=-]{1,200}", re.ASCII)
TRIES = 20
"""Others that may store the same at the same time."""


class BodyLostError(JetStreamError):
    """The message that a dead letter names is not in the object store, or not as it was stored."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the store knows of one object; `version` is the sequence of the entry itself."""

    name: str
    piece: str
    pieces: int
    size: int
    digest: str
    version: int
    stored_at: datetime

    def says(self, where: RawObject) -> bool:
        """Whether it is the object that a letter names."""
        return (self.name, self.size, self.digest) == (where.name, where.size, where.digest)


class Bodies:
    """The bodies of one queue's dead letters. Every call may raise `JetStreamError`."""

    def __init__(self, api: Api, names: QueueNames) -> None:
        self._api = api
        self._names = names
        self._stream = names.bodies_stream

    async def put(self, where: RawObject, data: bytes) -> None:
        """Store `data` under its name, unless it lies there already.

        The store is made if there is none: without it the task would be lost in the end.
        """
        for _ in range(TRIES):
            known = await self._find_or_create(where.name)
            if known is not None and known.says(where) and await self._is_whole(known):
                return
            if await self._store(where, data, known):
                return
        raise JetStreamError(f"{where.name} in {self._names.bodies}: others keep storing it")

    async def get(self, where: RawObject) -> bytes:
        """Return the bytes, whole and unchanged.

        Raises:
            BodyLostError: they are not there, or others than those that were stored.
        """
        entry = await self._found(where.name) if _NAME.fullmatch(where.name) else None
        if entry is None:
            name = literal(where.name, 100)
            raise BodyLostError(f"object {name} is not in {self._names.bodies} any more")
        pieces: list[bytes] = []
        subject, sequence = self._names.body_pieces(entry.piece), 1
        while len(pieces) < entry.pieces:
            message = await next_message(self._api, self._stream, subject, sequence)
            if message is None:
                break
            pieces.append(message.body)
            sequence = message.sequence + 1
        data = b"".join(pieces)
        if not where.is_of(data):
            raise BodyLostError(
                f"object {where.name} of {self._names.bodies} is not what was stored: "
                f"{len(data)} bytes of {where.size}, or another digest"
            )
        return data

    async def whole(self, stored: StoredDeadLetter) -> StoredDeadLetter:
        """Return a dead letter with its message, wherever that lies.

        Raises:
            BodyLostError: the message is not there, or not as it was stored.
        """
        letter = stored.letter
        if letter is None or letter.raw_object is None:
            return stored
        data, cut = await self.get(letter.raw_object), letter.raw_object.headers
        if cut is None:
            return replace(stored, letter=letter.whole(data))
        if not 0 <= cut <= len(data):
            raise BodyLostError(f"the object has {len(data)} bytes, and {cut} of headers")
        headers = _headers(data[:cut]) | dict(stored.headers)
        return replace(stored, letter=letter.whole(data[cut:]), headers=headers)

    async def readable(self, stored: StoredDeadLetter) -> StoredDeadLetter:
        """Return a dead letter with its message; where that is lost, `problem` says so."""
        try:
            return await self.whole(stored)
        except BodyLostError as error:
            return replace(stored, problem=str(error))

    async def remove(self, name: str) -> None:
        """Remove an object, if it is there."""
        entry = await self._found(name)
        if entry is not None:
            await purge_subject(self._api, self._stream, self._entry_subject(name))
            await self.remove_pieces(self._names.body_pieces(entry.piece))

    async def remove_pieces(self, subject: str) -> None:
        """Remove the pieces under one subject."""
        await purge_subject(self._api, self._stream, subject)

    async def entries(self) -> list[Entry]:
        """Return what there is, oldest first."""
        found: list[Entry] = []
        subject, sequence = self._names.body_entry("*"), 1
        while message := await next_message(self._api, self._stream, subject, sequence):
            if (entry := _read(message)) is not None:
                found.append(entry)
            sequence = message.sequence + 1
        return found

    async def piece_subjects(self) -> frozenset[str]:
        """Return the subjects that hold pieces, of objects and of what never became one."""
        state = await find_stream(self._api, self._stream, self._names.body_pieces("*"))
        return frozenset(state.subject_counts if state else ())

    async def _found(self, name: str) -> Entry | None:
        try:
            message = await last_message(self._api, self._stream, self._entry_subject(name))
        except ApiError as error:
            if error.err_code == STREAM_NOT_FOUND:
                return None
            raise
        return None if message is None else _read(message)

    async def _find_or_create(self, name: str) -> Entry | None:
        if await find_stream(self._api, self._stream) is None:
            queue = await stream_state(self._api, self._names.stream)
            await create_stream(self._api, bodies_stream(self._names, queue.replicas))
        return await self._found(name)

    async def _is_whole(self, entry: Entry) -> bool:
        subject = self._names.body_pieces(entry.piece)
        state = await stream_state(self._api, self._stream, subject)
        return state.subject_counts.get(subject, 0) == entry.pieces

    async def _store(self, where: RawObject, data: bytes, known: Entry | None) -> bool:
        """Store an object in place of `known`; False where another was stored meanwhile."""
        piece = uuid.uuid4().hex
        subject = self._names.body_pieces(piece)
        size = min(PIECE, self._api.client.max_payload // 2)
        cut = [data[start : start + size] for start in range(0, len(data), size)]
        for part in cut:
            await self._api.publish(subject, part)
        try:
            await self._api.publish(
                self._entry_subject(where.name),
                self._entry_body(where, piece, len(cut), size),
                headers={"Nats-Rollup": "sub"} if known else None,
                expected_last_subject_sequence=known.version if known else 0,
            )
        except ApiError as error:
            await self.remove_pieces(subject)
            if error.err_code == WRONG_LAST_SEQUENCE:
                return False
            raise
        if known is not None:
            await self.remove_pieces(self._names.body_pieces(known.piece))
        return True

    def _entry_subject(self, name: str) -> str:
        return self._names.body_entry(base64.urlsafe_b64encode(name.encode()).decode("ascii"))

    def _entry_body(self, where: RawObject, piece: str, pieces: int, piece_size: int) -> bytes:
        said = {
            "name": where.name,
            "bucket": self._names.bodies,
            "nuid": piece,
            "size": where.size,
            "chunks": pieces,
            "digest": where.digest,
            "mtime": ZERO_TIME,
            "options": {"max_chunk_size": piece_size},
        }
        return json.dumps(said).encode()


def with_headers(headers: Mapping[str, str], message: bytes) -> tuple[bytes, int]:
    """Return an object with a message and its headers, and how many bytes the headers take.

    Those that go with the letter are not in it: a trace goes on from one attempt to the next, and
    one message makes one object.
    """
    telling = telling_headers(headers)
    apart = wire_json.dumps({x: value for x, value in headers.items() if x not in telling})
    return apart + message, len(apart)


def telling_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return those headers that go with a letter in any case: ours, and short."""
    return {x: headers[x] for x in _TELLING if len(headers.get(x, "")) in range(1, _SHORT)}


def _headers(data: bytes) -> dict[str, str]:
    try:
        said = wire_json.loads(data)
    except wire_json.InvalidJsonError as error:
        raise BodyLostError(f"the object does not begin with headers: {error}") from error
    if not isinstance(said, dict):
        raise BodyLostError("the object does not begin with headers")
    return {name: value for name, value in said.items() if isinstance(value, str)}


def _read(message: StoredMessage) -> Entry | None:
    """Return the entry in a message, None where it is none, or that of a deleted object."""
    try:
        said = wire_json.loads(message.body)
        if not isinstance(said, dict) or said.get("deleted"):
            return None
        return Entry(
            name=str(said["name"]),
            piece=str(said["nuid"]),
            pieces=int(said.get("chunks", 0)),
            size=int(said.get("size", 0)),
            digest=str(said.get("digest", "")),
            version=message.sequence,
            stored_at=message.stored_at,
        )
    except (wire_json.InvalidJsonError, KeyError, TypeError, ValueError):
        return None
