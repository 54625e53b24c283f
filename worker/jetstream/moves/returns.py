"""Return of dead letters from the archive: each once, whoever brings it back and dies.

A letter that comes back gets a new sequence; `Farutech-Restored-Of` names the one it had. That it
came back is a fact for good, kept in the audit's stream. Between the letter and the fact stands the
intention (see `intentions`): as long as it does, nobody takes what came back, so who finishes it
finds those letters among the newest.

The server takes a letter only if its stream holds nothing newer than what was looked through
(`Nats-Expected-Last-Sequence`). So what is sent late, or by two who finish the same, is refused;
within the duplicate window the letter's `Nats-Msg-Id` is known as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple

from worker.jetstream.ahead import ahead
from worker.jetstream.api import MSG_ID, PubAck
from worker.jetstream.dead_letters.lean import LeanLetter
from worker.jetstream.errors import WRONG_LAST, ApiError, JetStreamError, PayloadTooLargeError
from worker.jetstream.messages import StoredMessage
from worker.jetstream.moves.archive import returned_headers
from worker.jetstream.moves.intentions import Intention, Standing
from worker.jetstream.moves.purges_parts import COPIES_AT_ONCE, NoteMove, PurgeParts
from worker.jetstream.moves.returns_facts import returned_before, write_down
from worker.jetstream.requests import Asked
from worker.jetstream.wire.headers import header_block
from worker.model.names import ARCHIVE_ID, RESTORED_OF

EXPECTED_LAST_SEQUENCE = "Nats-Expected-Last-Sequence"
AT_ONCE = 200
NO_COPY = "the archive has no copy of it: it was not purged, or longer ago than the archive keeps"
CAME_BACK = "it came back before"

ReturnResult = Literal["restored", "already", "failed"]


class Returned(NamedTuple):
    """What became of one letter, by the sequence it had.

    `restored`: it lies among the dead letters again. `already`: it came back before. `failed`:
    it did not.
    """

    sequence: int
    task_id: str
    result: ReturnResult
    detail: str = ""


async def finish_return(
    parts: PurgeParts, standing: Standing, note: NoteMove | None = None
) -> dict[int, Returned]:
    """Carry out the return of letters; return what became of each.

    `note` is awaited with that before the intention is cleared.

    Raises:
        JetStreamError: the server went away; the intention stands, for whoever comes next.
    """
    doing = standing.intention
    assert doing is not None
    outcomes: dict[int, Returned] = {}
    for sequence in await returned_before(parts, doing.generation):
        outcomes[sequence] = Returned(sequence, "", "already", CAME_BACK)
    left = [sequence for sequence in doing.sequences if sequence not in outcomes]
    copies = await _copies(parts, doing, left, outcomes)
    await parts.step("copies read")
    back = await _bring_back(parts, doing, copies, outcomes)
    await parts.step("all came back")
    if back:
        await write_down(parts, doing, back)
        await parts.step("noted")
    told = {sequence: outcomes[sequence] for sequence in doing.sequences}
    if note is not None:
        await note(doing, {sequence: one.result for sequence, one in told.items()})
    await parts.patience.repeat(lambda: parts.intentions.clear(standing))
    await parts.step("cleared")
    return told


async def _copies(
    parts: PurgeParts, doing: Intention, sequences: Sequence[int], outcomes: dict[int, Returned]
) -> dict[int, StoredMessage]:
    found: dict[int, StoredMessage] = {}

    async def read(few: Sequence[int]) -> list[tuple[int, StoredMessage | None]]:
        keys = [f"{doing.generation}-{sequence}" for sequence in few]
        copies = await parts.patience.repeat(lambda: parts.archive.copies(keys))
        return list(zip(few, copies, strict=True))

    flights = (
        read(sequences[start : start + COPIES_AT_ONCE])
        for start in range(0, len(sequences), COPIES_AT_ONCE)
    )
    async for flight in ahead(flights):
        for sequence, copy in flight:
            if copy is None or copy.headers.get(ARCHIVE_ID) != doing.of:
                outcomes[sequence] = Returned(sequence, "", "failed", NO_COPY)
            else:
                found[sequence] = copy
    return {sequence: found[sequence] for sequence in sorted(found)}


async def _bring_back(
    parts: PurgeParts,
    doing: Intention,
    copies: Mapping[int, StoredMessage],
    outcomes: dict[int, Returned],
) -> list[int]:
    """Publish the letters that are not there yet; return the sequences of all that came back."""
    coming = _Coming(copies, outcomes)
    looked = doing.since if doing.home == parts.layout.dlq_generation else 0
    deadline = parts.patience.deadline()
    to_look = True
    while coming.waiting:
        if to_look:
            last = await parts.patience.repeat(parts.last_sequence)
            first = looked + 1
            seen = await parts.patience.repeat(partial(_seen, parts, doing, first, last))
            coming.take(dict.fromkeys(seen, ""))
            looked = last
            await parts.step("looked")
        few = {n: coming.waiting[n] for n in list(coming.waiting)[:AT_ONCE]}
        answers = await _publish(parts, doing, few, looked)
        coming.take(answers.told)
        await parts.step("some came back")
        # Where each was stored right behind the one before, nothing of others is among them.
        to_look = not answers.in_a_row
        if answers.in_a_row:
            looked += len(few)
        if answers.told:
            deadline = parts.patience.deadline()
        elif few and not await parts.patience.reconnected(deadline):
            raise JetStreamError("the letters could not be brought back: the server kept refusing")
    return coming.back


class _Coming:
    """The letters that come back: those that wait still, and the outcomes of the others."""

    def __init__(self, copies: Mapping[int, StoredMessage], outcomes: dict[int, Returned]) -> None:
        self.waiting = dict(copies)
        self.back: list[int] = []
        self._outcomes = outcomes

    def take(self, told: Mapping[int, str]) -> None:
        """Settle those that came back, for which nothing is told, and those that will not."""
        for sequence, why in told.items():
            copy = self.waiting.pop(sequence, None)
            if copy is None:
                continue
            self._outcomes[sequence] = Returned(
                sequence, _task_id(copy), "failed" if why else "restored", why
            )
            if not why:
                self.back.append(sequence)


class _Answers(NamedTuple):
    """What is known of letters that were published: nothing of those that have to be looked up.

    `told` is empty for one that is stored, else why it is not. `in_a_row` is whether all are stored
    right behind what was there.
    """

    told: dict[int, str]
    in_a_row: bool


async def _publish(
    parts: PurgeParts, doing: Intention, copies: Mapping[int, StoredMessage], last: int
) -> _Answers:
    """Publish letters, each if nothing newer is there than `last` and those before it."""
    subject = parts.layout.names.dlq
    told: dict[int, str] = {}
    asked: dict[int, Asked] = {}
    for sequence, copy in copies.items():
        key = f"{doing.generation}-{sequence}"
        headers = returned_headers(copy.headers, key) | {
            EXPECTED_LAST_SEQUENCE: str(last + len(asked)),
            MSG_ID: f"returned-{key}",
        }
        try:
            parts.api.check_size(subject, copy.body, headers)
        except PayloadTooLargeError as error:
            told[sequence] = str(error)
        else:
            asked[sequence] = Asked(subject, copy.body, header_block(headers))
    acks = dict(zip(asked, await parts.api.publish_all(list(asked.values())), strict=True))
    for sequence, ack in acks.items():
        if isinstance(ack, PubAck):
            told[sequence] = ""
        elif isinstance(ack, ApiError) and ack.err_code not in WRONG_LAST:
            told[sequence] = str(ack)
    stored = [ack.sequence for ack in acks.values() if isinstance(ack, PubAck)]
    return _Answers(told, stored == list(range(last + 1, last + 1 + len(copies))))


async def _seen(parts: PurgeParts, doing: Intention, first: int, last: int) -> list[int]:
    """Return the sequences of letters that came back, found among the newest."""
    found: list[int] = []
    async for page in parts.scan().messages(first, last):
        for message in page:
            life, _, sequence = message.headers.get(RESTORED_OF, "").rpartition("-")
            if life == doing.generation and sequence.isascii() and sequence.isdigit():
                found.append(int(sequence))
    return found


def _task_id(copy: StoredMessage) -> str:
    return LeanLetter(copy, None).task_id
