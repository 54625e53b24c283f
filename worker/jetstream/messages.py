"""Single messages of a stream: read, found, deleted, by the requests that every server answers."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from worker.jetstream.api import Api
from worker.jetstream.errors import (
    MESSAGE_DELETE_FAILED,
    MESSAGE_NOT_FOUND,
    SEQUENCE_NOT_FOUND,
    ApiError,
    JetStreamError,
)
from worker.model.clock import parse_rfc3339

IN_FLIGHT = 32
"""Requests kept open at once; 11,000 to 16,000 deletes/s measured, more brought nothing."""

DELETES_AT_ONCE = 64
"""Deletes that are asked for together."""

# A delete that failed for whatever reason has one code: of these words nothing was there (2.10.26
# to 2.15.1, file store). A stream that denies deletes says "message delete not permitted".
_NOT_THERE = frozenset({"no message found", "stream store EOF"})
_EPOCH = datetime.fromtimestamp(0, UTC)
# What a direct get or a republish puts among the headers; no part of what was published.
_TRANSPORT_HEADERS = frozenset(
    {
        "Nats-Stream",
        "Nats-Subject",
        "Nats-Sequence",
        "Nats-Time-Stamp",
        "Nats-Num-Pending",
        "Nats-Last-Sequence",
        "Nats-UpTo-Sequence",
    }
)


class StoredMessage(NamedTuple):
    """A message as it lies in a stream, read only as far as it is asked about.

    `stamp` is the server's time stamp, `block` the header block that was published, empty for none.
    """

    sequence: int
    subject: str
    stamp: str
    block: bytes
    body: bytes

    @property
    def stored_at(self) -> datetime:
        """When the server stored it."""
        return stored_time(self.stamp)

    @property
    def headers(self) -> dict[str, str]:
        """What the publisher set, the last value of each name; parsed anew each time.

        Without what a direct get or a republish put beside it.
        """
        if not self.block:
            return {}
        found = parse_headers(self.block)
        return {name: value for name, value in found.items() if name not in _TRANSPORT_HEADERS}


async def message_at(api: Api, stream: str, sequence: int) -> StoredMessage | None:
    """Return the message of this sequence, None where there is none."""
    return await _get(api, stream, {"seq": sequence})


async def next_message(api: Api, stream: str, subject: str, sequence: int) -> StoredMessage | None:
    """Return the first message under `subject` (`*` allowed) at or after `sequence`."""
    return await _get(api, stream, {"seq": max(sequence, 1), "next_by_subj": subject})


async def last_message(api: Api, stream: str, subject: str) -> StoredMessage | None:
    """Return the newest message under `subject`."""
    return await _get(api, stream, {"last_by_subj": subject})


async def last_messages(
    api: Api, stream: str, subjects: Sequence[str]
) -> list[StoredMessage | None]:
    """Return the newest message under each subject, asked for together."""
    bodies = [{"last_by_subj": subject} for subject in subjects]
    return [_found(one) for one in await api.request_all(f"STREAM.MSG.GET.{stream}", bodies)]


async def delete_message(api: Api, stream: str, sequence: int) -> bool:
    """Delete a message; return whether it was there.

    The server is asked not to overwrite its bytes (`no_erase`): the default does, at 130 to 160
    deletes/s (measured on 2.12.8 and 2.15.1).

    Raises:
        ApiError: the server will not, or cannot, delete it.
    """
    try:
        await api.request(f"STREAM.MSG.DELETE.{stream}", {"seq": sequence, "no_erase": True})
    except ApiError as error:
        if _says_not_there(error):
            return False
        raise
    return True


async def delete_messages(
    api: Api, stream: str, sequences: Sequence[int]
) -> list[bool | JetStreamError]:
    """Delete messages, asked for together; return of each whether it was there, or what is wrong.

    See `delete_message`.
    """
    bodies = [{"seq": sequence, "no_erase": True} for sequence in sequences]
    return [_deleted(one) for one in await api.request_all(f"STREAM.MSG.DELETE.{stream}", bodies)]


def _deleted(answer: Mapping[str, Any] | JetStreamError) -> bool | JetStreamError:
    if isinstance(answer, ApiError) and _says_not_there(answer):
        return False
    return answer if isinstance(answer, JetStreamError) else True


async def purge_subject(api: Api, stream: str, subject: str, below: int | None = None) -> int:
    """Delete every message under a subject (`*` allowed), of sequences below `below` if given.

    Returns how many there were.
    """
    body: dict[str, Any] = {"filter": subject}
    if below is not None:
        body["seq"] = below
    return int((await api.request(f"STREAM.PURGE.{stream}", body)).get("purged", 0))


def stored_time(text: str) -> datetime:
    """Return the server's time stamp of a message."""
    return parse_rfc3339(text) or _EPOCH


def _says_not_there(error: ApiError) -> bool:
    if error.err_code == MESSAGE_DELETE_FAILED:
        return error.description in _NOT_THERE
    return error.err_code in (SEQUENCE_NOT_FOUND, MESSAGE_NOT_FOUND)


async def _get(api: Api, stream: str, body: Mapping[str, Any]) -> StoredMessage | None:
    try:
        answer = await api.request(f"STREAM.MSG.GET.{stream}", body)
    except ApiError as error:
        return _found(error)
    return _found(answer)


def _found(answer: Mapping[str, Any] | JetStreamError) -> StoredMessage | None:
    if isinstance(answer, ApiError) and answer.err_code == MESSAGE_NOT_FOUND:
        return None
    if isinstance(answer, JetStreamError):
        raise answer
    return stored_message(answer["message"])


def stored_message(said: Mapping[str, Any]) -> StoredMessage:
    """Return the message in the server's answer to a message get."""
    return StoredMessage(
        sequence=said["seq"],
        subject=said["subject"],
        stamp=said["time"],
        block=base64.b64decode(said.get("hdrs") or ""),
        body=base64.b64decode(said.get("data") or ""),
    )


def parse_headers(block: bytes) -> dict[str, str]:
    """Read a header block as nats-py reads those of a delivered message, so that both agree."""
    headers: dict[str, str] = {}
    for line in block.split(b"\r\n")[1:]:
        name, separator, value = line.partition(b":")
        key = name.strip()
        if separator and key.isascii() and key and not any(byte in b" \t" for byte in key):
            headers[key.decode("ascii")] = value.strip().decode("utf-8", "replace")
    return headers
