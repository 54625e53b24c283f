"""Atomic batches (server 2.12+, ADR-50): messages of one stream that are stored all or none."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from worker.jetstream.api import Api
from worker.jetstream.replays.claims import Step
from worker.jetstream.replays.task import ReplayedTask
from worker.jetstream.wire.headers import block_of

MAX_LETTERS = 400
MAX_BYTES = 4 * 1024 * 1024
"""The most that one batch carries; the server takes 1,000 messages and waits 10 s for the rest."""

_NUMBERED = b"%bNats-Batch-Id: %b\r\nNats-Batch-Sequence: %d\r\n%b"
_COMMIT = b"Nats-Batch-Commit: 1\r\n"
EXPECTED_ON_SUBJECT = "Nats-Expected-Last-Subject-Sequence-Subject"

INCOMPLETE_BATCH = 10176
"""JetStream: messages of the batch are missing, lost on the way or refused for themselves."""
TOO_MANY_BATCHES = 10210
"""JetStream: more batches are under way than the server allows, 50 for a stream by default.

Those of a client that died count until the server has waited 10 s for their rest.
"""


class NotAtomicError(Exception):
    """The server stored the first message of a batch by itself: it knows no atomic batches."""


class BatchMessage(NamedTuple):
    """A message of a batch. `headers` are lines, as `header_lines` gives them."""

    subject: str
    headers: bytes
    body: bytes


async def publish_batch(api: Api, messages: Sequence[BatchMessage], step: Step) -> int:
    """Store two or more messages, all or none; return the sequence of the last.

    Raises:
        ApiError: refused; nothing was stored.
        NotAtomicError: the server knows no batches; the first message alone is stored.
        UncertainError: no answer in time; all of it may be stored, or may yet be.
        UnreachableError: not connected; nothing was stored.
    """
    batch = uuid.uuid4().hex.encode()
    first, *middle, last = messages
    answer = await api.exchange(first.subject, first.body, _numbered(first, batch, 1))
    if answer is not None:
        raise NotAtomicError(first.subject)
    await step("batch opened")
    for number, message in enumerate(middle, 2):
        api.post(message.subject, message.body, _numbered(message, batch, number))
    commit = _numbered(last, batch, len(messages), _COMMIT)
    ack = await api.exchange(last.subject, last.body, commit)
    return int((ack or {}).get("seq", 0))


def batches(tasks: Sequence[ReplayedTask]) -> Iterator[list[ReplayedTask]]:
    """Yield the tasks in as many as one batch carries."""
    batch: list[ReplayedTask] = []
    size = 0
    for task in tasks:
        if batch and (len(batch) == MAX_LETTERS or size + len(task.body) > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(task)
        size += len(task.body)
    if batch:
        yield batch


def _numbered(message: BatchMessage, batch: bytes, number: int, more: bytes = b"") -> bytes:
    return block_of(_NUMBERED % (message.headers, batch, number, more))
