"""Purge of dead letters into the archive: no letter is deleted before its copy is stored.

Of each letter either a replay sends the task or a purge keeps a copy, never both: a copy may come
back, and its task would run twice. What keeps them apart:

1. The purge announces its letters (see `intentions`), then drops the fences of replays, then looks
   which letters are claimed. A replay that read its letters before is refused by the server; one
   that claims a letter later looks at the intention after it, finds the letter named there, and
   sends nothing.
2. The letters that nobody claimed are written down as decided, on condition that nobody else
   decided. So all who finish this purge take the same letters.
3. They are copied, then deleted, then the intention is cleared. Each of that may be done twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from worker.jetstream.ahead import ahead
from worker.jetstream.dead_letters.lean import LeanLetter
from worker.jetstream.errors import ApiError, JetStreamError, PayloadTooLargeError
from worker.jetstream.info import stream_of_subject, stream_state
from worker.jetstream.messages import (
    DELETES_AT_ONCE,
    delete_message,
    delete_messages,
    next_message,
    purge_subject,
)
from worker.jetstream.moves.archive import Purpose
from worker.jetstream.moves.intentions import Intention, Standing
from worker.jetstream.moves.origins import delete_origin
from worker.jetstream.moves.purges_parts import (
    CLAIMED,
    COPIES_AT_ONCE,
    GONE,
    MovingError,
    NoteMove,
    Purged,
    PurgeParts,
)
from worker.jetstream.replays.claims import Claims
from worker.model.dead_letter import read_dead_letter
from worker.model.names import ARCHIVE_ID


async def finish_purge(
    parts: PurgeParts, standing: Standing, note: NoteMove | None = None
) -> dict[int, Purged]:
    """Carry out an announced purge from wherever it stands; return what became of its letters.

    `note` is awaited with that before the intention is cleared.

    Raises:
        MovingError: the letters are moving; the intention stands.
        JetStreamError: the server went away; the intention stands, for whoever comes next.
    """
    doing = standing.intention
    assert doing is not None
    if doing.generation != parts.layout.dlq_generation:
        await parts.intentions.clear(standing)
        return {}
    await _check_home(parts)
    outcomes: dict[int, Purged] = {}
    if doing.step == "announced":
        decided = await _decide(parts, standing, outcomes)
        if decided is None:
            return await _done_by_others(parts, doing)
        standing = decided
    assert standing.intention is not None
    await _carry_out(parts, standing.intention, outcomes)
    await parts.step("purged")
    if note is not None:
        await note(doing, {one.sequence: one.result for one in outcomes.values()})
    await parts.patience.repeat(lambda: parts.intentions.clear(standing))
    await parts.step("cleared")
    return outcomes


async def _check_home(parts: PurgeParts) -> None:
    layout = parts.layout
    home = await parts.patience.repeat(lambda: stream_of_subject(parts.api, layout.names.dlq))
    state = await parts.patience.repeat(lambda: stream_state(parts.api, layout.dead_letters.name))
    if home != layout.dead_letters.name or state.created != layout.dead_letters.created:
        raise MovingError(f"the dead letters leave {layout.dead_letters.name}: try again")


async def _decide(
    parts: PurgeParts, standing: Standing, outcomes: dict[int, Purged]
) -> Standing | None:
    """Write down which letters nobody replays; None where someone else did, or finished."""
    doing = standing.intention
    assert doing is not None
    claims = await parts.claims()
    if claims is not None:
        if claims.fenced:
            await parts.patience.repeat(claims.fences.drop)
            await parts.step("fences dropped")
        await _leave_claimed(parts, claims, doing, outcomes)
    free = tuple(sequence for sequence in doing.sequences if sequence not in outcomes)
    decided = replace(doing, step="decided", sequences=free)
    written = await parts.patience.repeat(lambda: parts.intentions.write(decided, standing))
    await parts.step("decided")
    if written is not None:
        return written
    now = await parts.patience.repeat(parts.intentions.standing)
    if now.intention is None or not now.intention.is_part_of(doing):
        return None
    for sequence in set(doing.sequences).difference(now.intention.sequences):
        outcomes.setdefault(sequence, Purged(sequence, "", "failed", CLAIMED))
    return now


async def _done_by_others(parts: PurgeParts, doing: Intention) -> dict[int, Purged]:
    outcomes = {
        letter.sequence: Purged(letter.sequence, letter.task_id, "failed", CLAIMED)
        for letter in await _read(parts, doing.sequences)
    }
    await _settle_gone(parts, doing, outcomes)
    return outcomes


async def _settle_gone(parts: PurgeParts, doing: Intention, outcomes: dict[int, Purged]) -> None:
    """Tell of the letters without an outcome, which are gone, whether it was this purge."""
    gone = [sequence for sequence in doing.sequences if sequence not in outcomes]
    for start in range(0, len(gone), COPIES_AT_ONCE):
        few = gone[start : start + COPIES_AT_ONCE]
        for outcome in await asyncio.gather(*(_of_gone(parts, doing, one) for one in few)):
            outcomes[outcome.sequence] = outcome


async def _of_gone(parts: PurgeParts, doing: Intention, sequence: int) -> Purged:
    key = f"{doing.generation}-{sequence}"
    copy = await parts.patience.repeat(lambda: parts.archive.copy(key))
    if copy is None or copy.headers.get(ARCHIVE_ID) != doing.run:
        return Purged(sequence, "", "already", GONE)
    letter, _ = read_dead_letter(copy.body)
    return Purged(sequence, letter.task.task_id if letter else "", "purged")


async def _leave_claimed(
    parts: PurgeParts, claims: Claims, doing: Intention, outcomes: dict[int, Purged]
) -> None:
    among = frozenset(doing.sequences)
    keys = await parts.patience.repeat(claims.keys)
    claimed = [x for key in keys if (x := claims.sequence_of(key)) is not None and x in among]
    for sequence in claimed:
        claim = await parts.patience.repeat(partial(claims.find, sequence))
        if claim is None:
            outcomes[sequence] = Purged(sequence, "", "already", GONE)
        elif claim.step == "published":
            outcomes[sequence] = Purged(sequence, "", "already", claim.told)
        else:
            detail = f"{CLAIMED}: {claim.told}"
            outcomes[sequence] = Purged(sequence, "", "failed", detail)


async def _carry_out(parts: PurgeParts, doing: Intention, outcomes: dict[int, Purged]) -> None:
    names = parts.layout.names
    letters = await _read(parts, doing.sequences)
    await parts.step("read")
    for letter in letters:
        if letter.reason == "stuck":
            stored = letter.stored()
            await parts.patience.repeat(partial(delete_origin, parts.api, names, stored))
    copies: dict[int, int] = {}
    purpose = Purpose(doing.run, doing.by, doing.why)
    flights = (
        _keep_all(parts, doing, purpose, letters[start : start + COPIES_AT_ONCE])
        for start in range(0, len(letters), COPIES_AT_ONCE)
    )
    async for few, kept in ahead(flights):
        for letter, copy in zip(few, kept, strict=True):
            if isinstance(copy, Purged):
                outcomes[letter.sequence] = copy
            else:
                copies[letter.sequence] = copy
    await parts.step("copied")
    task_ids = {letter.sequence: letter.task_id for letter in letters}
    await _delete(parts, task_ids, copies, outcomes)
    await _settle_gone(parts, doing, outcomes)


async def _read(parts: PurgeParts, sequences: Sequence[int]) -> list[LeanLetter]:
    async def read() -> list[LeanLetter]:
        pages = parts.letters.named(sequences, newest_first=False)
        return [letter async for page in pages for letter in page]

    return await parts.patience.repeat(read)


async def _keep_all(
    parts: PurgeParts, doing: Intention, purpose: Purpose, letters: Sequence[LeanLetter]
) -> tuple[Sequence[LeanLetter], list[int | Purged]]:
    """Store the copies of letters together; what is not plain sailing is done one by one."""
    keyed = [(f"{doing.generation}-{letter.sequence}", letter) for letter in letters]
    kept: list[int | Purged] = []
    for (key, letter), copy in zip(
        keyed, await parts.archive.keep_all(keyed, purpose), strict=True
    ):
        kept.append(copy if copy is not None else await _keep(parts, key, purpose, letter))
    return letters, kept


async def _keep(parts: PurgeParts, key: str, purpose: Purpose, letter: LeanLetter) -> int | Purged:
    try:
        return await parts.patience.repeat(lambda: parts.archive.keep(key, letter, purpose))
    except PayloadTooLargeError as error:
        detail = f"too large for the archive ({error}): purge it with --hard"
        return Purged(letter.sequence, letter.task_id, "failed", detail)
    except ApiError as error:
        detail = f"the archive did not take it: {error}"
        return Purged(letter.sequence, letter.task_id, "failed", detail)


async def _delete(
    parts: PurgeParts,
    task_ids: dict[int, str],
    copies: dict[int, int],
    outcomes: dict[int, Purged],
) -> None:
    if await _delete_stretch(parts, frozenset(copies), frozenset(task_ids)):
        for sequence in copies:
            outcomes[sequence] = Purged(sequence, task_ids[sequence], "purged")
        return
    kept = sorted(copies)
    stream = parts.layout.dead_letters.name
    for start in range(0, len(kept), DELETES_AT_ONCE):
        few = kept[start : start + DELETES_AT_ONCE]
        flight = await delete_messages(parts.api, stream, few)
        for sequence, deleted in zip(few, flight, strict=True):
            if isinstance(deleted, JetStreamError):
                outcome = await _delete_one(parts, sequence, task_ids[sequence], copies[sequence])
            else:
                outcome = Purged(sequence, task_ids[sequence], "purged")
            outcomes[sequence] = outcome
        await parts.step("some deleted")


async def _delete_stretch(parts: PurgeParts, copied: frozenset[int], there: frozenset[int]) -> bool:
    """Delete letters at once if they are all that the stream has up to the last of them."""
    if not copied or copied != there or max(copied) - min(copied) >= 2 * len(copied):
        return False
    stream, subject = parts.layout.dead_letters.name, parts.layout.names.dlq
    first = await parts.patience.repeat(lambda: next_message(parts.api, stream, subject, 1))
    if first is None or first.sequence != min(copied):
        return False

    async def are_all() -> bool:
        if max(copied) - min(copied) == len(copied) - 1:
            return True
        pages = parts.scan().messages(min(copied), max(copied))
        return all([message.sequence in copied async for page in pages for message in page])

    if not await parts.patience.repeat(are_all):
        return False
    try:
        await parts.patience.repeat(
            lambda: purge_subject(parts.api, stream, subject, below=max(copied) + 1)
        )
    except ApiError:
        # We may not purge; perhaps we may delete.
        return False
    await parts.step("stretch deleted")
    return True


async def _delete_one(parts: PurgeParts, sequence: int, task_id: str, copy: int) -> Purged:
    stream = parts.layout.dead_letters.name
    try:
        await parts.patience.repeat(lambda: delete_message(parts.api, stream, sequence))
    except ApiError as error:
        # What stays a dead letter may be replayed: it must not come back from the archive too.
        await parts.patience.repeat(lambda: parts.archive.forget(copy))
        return Purged(sequence, task_id, "failed", f"its copy was made, but it stays: {error}")
    return Purged(sequence, task_id, "purged")
