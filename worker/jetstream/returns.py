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

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from worker.jetstream.api import MSG_ID
from worker.jetstream.archive import returned_headers
from worker.jetstream.dead_letters_lean import LeanLetter
from worker.jetstream.errors import WRONG_LAST, ApiError, JetStreamError, PayloadTooLargeError
from worker.jetstream.info import find_stream, stream_of_subject
from worker.jetstream.intentions import Intention, Standing
from worker.jetstream.messages import StoredMessage
from worker.jetstream.purges import COPIES_AT_ONCE, NoteMove, PurgeParts
from worker.jetstream.scan import SKEW, Scan
from worker.jetstream.topology import Layout, ensure_stream
from worker.model import wire_json
from worker.model.names import ARCHIVE_ID, REPLAY_OF, RESTORED_OF
from worker.model.sequences import InvalidSequencesError, compact, expand
from worker.model.topology import audit_stream

EXPECTED_LAST_SEQUENCE = "Nats-Expected-Last-Sequence"
RETURNED = "returned"
AT_ONCE = 100
NO_COPY = "the archive has no copy of it: it was not purged, or longer ago than the archive keeps"
CAME_BACK = "it came back before"

ReturnResult = Literal["restored", "already", "failed"]


@dataclass(frozen=True, slots=True)
class Returned:
    """What became of one letter, by the sequence it had.

    `restored`: it lies among the dead letters again. `already`: it came back before. `failed`:
    it did not.
    """

    sequence: int
    task_id: str
    result: ReturnResult
    detail: str = ""


async def returned_before(parts: PurgeParts, life: str) -> set[int]:
    """Return the sequences, of one life of the letters' stream, that came back at any time."""
    return await parts.patience.repeat(lambda: _facts(parts, life))


async def returned_by(parts: PurgeParts, run: str, since: datetime, until: datetime) -> list[int]:
    """Return the letters that a run brought back and that lie there, by their sequences now.

    They came between `since` and `until`. What a run was killed over counts once it is finished.
    What was replayed since and died again is another letter, though it carries the same header.

    Raises:
        JetStreamError: the server could not be asked.
    """
    keys = {
        f"{said.get('generation')}-{sequence}"
        async for said in _said(parts)
        if said.get("run") == run
        for sequence in _sequences(said)
    }
    scan, found = parts.scan(), []
    last = await scan.first_since(until + 2 * SKEW)
    async for page in scan.messages(await scan.first_since(since), last):
        found += [
            one.sequence
            for one in page
            if one.headers.get(RESTORED_OF) in keys and not _was_replayed(parts.layout, one.headers)
        ]
    return found


def _was_replayed(layout: Layout, headers: Mapping[str, str]) -> bool:
    """Return whether a letter was replayed after it came back: from a later place than it had."""
    stream, _, place = headers.get(REPLAY_OF, "").rpartition(":")
    life, _, had = headers[RESTORED_OF].rpartition("-")
    ours = (stream, life) == (layout.dead_letters.name, layout.dlq_generation)
    return ours and place.isdecimal() and int(place) > int(had)


async def _facts(parts: PurgeParts, life: str) -> set[int]:
    found: set[int] = set()
    async for said in _said(parts):
        if said.get("generation") == life:
            found |= _sequences(said)
    return found


async def _said(parts: PurgeParts) -> AsyncIterator[Mapping[str, Any]]:
    """Yield each record of letters that came back."""
    subject = parts.layout.names.audit(RETURNED)
    home = await stream_of_subject(parts.api, subject)
    state = await find_stream(parts.api, home) if home else None
    if state is None:
        return
    scan = Scan(parts.api, state, subject, parts.layout.server.api_level)
    async for messages in scan.messages(1, state.last_sequence):
        for message in messages:
            try:
                said = wire_json.loads(message.body)
            except wire_json.InvalidJsonError:
                continue
            if isinstance(said, dict):
                yield said


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
        await _note(parts, doing, back)
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

    async def read(sequence: int) -> None:
        key = f"{doing.generation}-{sequence}"
        copy = await parts.patience.repeat(lambda: parts.archive.copy(key))
        if copy is None or copy.headers.get(ARCHIVE_ID) != doing.of:
            outcomes[sequence] = Returned(sequence, "", "failed", NO_COPY)
        else:
            found[sequence] = copy

    for start in range(0, len(sequences), COPIES_AT_ONCE):
        await asyncio.gather(*map(read, sequences[start : start + COPIES_AT_ONCE]))
    return {sequence: found[sequence] for sequence in sorted(found)}


async def _bring_back(
    parts: PurgeParts,
    doing: Intention,
    copies: Mapping[int, StoredMessage],
    outcomes: dict[int, Returned],
) -> list[int]:
    """Publish the letters that are not there yet; return the sequences of all that came back."""
    back: list[int] = []
    waiting = dict(copies)
    looked = doing.since if doing.home == parts.layout.dlq_generation else 0
    deadline = parts.patience.deadline()
    while waiting:
        last = await parts.patience.repeat(parts.last_sequence)
        first = looked + 1
        seen = await parts.patience.repeat(lambda: _seen(parts, doing, first, last))  # noqa: B023
        for sequence in seen:
            if sequence in waiting:
                _came_back(sequence, waiting.pop(sequence), outcomes)
                back.append(sequence)
        await parts.step("looked")
        looked = last
        few = list(waiting)[:AT_ONCE]
        answers = await asyncio.gather(
            *(_publish(parts, doing, n, waiting[n], last + i) for i, n in enumerate(few))
        )
        for sequence, answer in zip(few, answers, strict=True):
            if answer is None:
                continue
            copy = waiting.pop(sequence)
            if answer:
                outcomes[sequence] = Returned(sequence, _task_id(copy), "failed", answer)
            else:
                _came_back(sequence, copy, outcomes)
                back.append(sequence)
        await parts.step("some came back")
        if any(answer is not None for answer in answers):
            deadline = parts.patience.deadline()
        elif few and not await parts.patience.reconnected(deadline):
            raise JetStreamError("the letters could not be brought back: the server kept refusing")
    return back


async def _publish(
    parts: PurgeParts, doing: Intention, sequence: int, copy: StoredMessage, last: int
) -> str | None:
    """Publish one letter if nothing newer than `last` is there.

    Returns the empty string where it is stored, None where that has to be looked up, else why not.
    """
    key = f"{doing.generation}-{sequence}"
    headers = returned_headers(copy.headers, key) | {
        EXPECTED_LAST_SEQUENCE: str(last),
        MSG_ID: f"returned-{key}",
    }
    try:
        await parts.api.publish(parts.layout.names.dlq, copy.body, headers=headers)
    except PayloadTooLargeError as error:
        return str(error)
    except ApiError as error:
        return None if error.err_code in WRONG_LAST else str(error)
    except JetStreamError:
        return None
    return ""


async def _seen(parts: PurgeParts, doing: Intention, first: int, last: int) -> list[int]:
    """Return the sequences of letters that came back, found among the newest."""
    found: list[int] = []
    async for page in parts.scan().messages(first, last):
        for message in page:
            life, _, sequence = message.headers.get(RESTORED_OF, "").rpartition("-")
            if life == doing.generation and sequence.isascii() and sequence.isdigit():
                found.append(int(sequence))
    return found


async def _note(parts: PurgeParts, doing: Intention, back: Sequence[int]) -> None:
    """Write down for good which letters came back."""
    names = parts.layout.names
    subject = names.audit(RETURNED)
    said = {
        "phase": RETURNED,
        "generation": doing.generation,
        "sequences": compact(back),
        "by": doing.by,
        "of": doing.of,
        "run": doing.run,
    }
    spec = audit_stream(names, parts.layout.work_queue.replicas)
    await parts.patience.repeat(lambda: ensure_stream(parts.api, subject, spec))
    await parts.patience.repeat(lambda: parts.api.publish(subject, wire_json.dumps(said)))


def _came_back(sequence: int, copy: StoredMessage, outcomes: dict[int, Returned]) -> None:
    outcomes[sequence] = Returned(sequence, _task_id(copy), "restored")


def _task_id(copy: StoredMessage) -> str:
    return LeanLetter(copy, None).task_id


def _sequences(said: Mapping[str, Any]) -> set[int]:
    try:
        return set(expand(str(said.get("sequences", "")), _MOST_OF_A_FACT))
    except InvalidSequencesError:
        return set()


_MOST_OF_A_FACT = 100_000
