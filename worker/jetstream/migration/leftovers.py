"""Letters that lie in the work queue after their own stream has opened."""

from __future__ import annotations

from collections import Counter
from functools import partial

from worker.jetstream.errors import PayloadTooLargeError
from worker.jetstream.info import stream_of_subject
from worker.jetstream.messages import StoredMessage, delete_message
from worker.jetstream.migration.claims import open_claims
from worker.jetstream.migration.copies import copy_id, copy_of
from worker.jetstream.migration.marks import read_marks
from worker.jetstream.migration.parts import Parts
from worker.jetstream.migration.reading import letters_after
from worker.jetstream.replays.fences import drop_fences
from worker.model.names import carried_headers

_Fingerprint = tuple[bytes, tuple[tuple[str, str], ...]]


async def clear_leftovers(parts: Parts) -> str:
    """Remove the originals of letters that were moved, and move the few that slipped by.

    Returns what should be known of it, in words, empty for nothing.
    """
    names = parts.names
    queue = await parts.work_queue()
    marks = read_marks((await parts.own_stream()).config)
    if queue.letters and marks.moved_from == queue.generation and marks.upto:
        body = {"filter": names.dlq, "seq": marks.upto + 1}
        await parts.patiently(lambda: parts.api.request(f"STREAM.PURGE.{names.stream}", body))
        await parts.step("purged")
    await _refuse_what_was_read_before(parts)
    moved = await _move_rest(parts) if (await parts.work_queue()).letters else 0
    said = [f"{moved:,} letters came late and were moved"] if moved else []
    claims = await open_claims(parts.api, names)
    if claims:
        said.append(
            f"{len(claims)} letters were being replayed while they moved: look whether their tasks"
            " ran before you replay them again"
        )
    return "; ".join(said)


async def _refuse_what_was_read_before(parts: Parts) -> None:
    """Have replays that read a letter before it moved read again: see `replays_fences`."""
    home = await stream_of_subject(parts.api, parts.names.replays)
    if home is not None:
        await parts.patiently(lambda: drop_fences(parts.api, home, parts.names))


async def _move_rest(parts: Parts) -> int:
    """Move the letters that are left, one by one; return how many were not there yet."""
    names = parts.names
    queue = await parts.work_queue()
    copied: set[int] = set()
    others: Counter[_Fingerprint] = Counter()
    async for messages in letters_after(parts.api, await parts.own_stream(), 0):
        for message in messages:
            original = copy_of(message, queue.generation)
            if original is None:
                others[_fingerprint(message)] += 1
            else:
                copied.add(original)
    moved = 0
    async for messages in letters_after(parts.api, queue, 0):
        for message in messages:
            # A cluster may store one letter in both streams in the moment of the switch.
            if others[_fingerprint(message)]:
                others[_fingerprint(message)] -= 1
            elif message.sequence not in copied:
                await _copy(parts, message, copy_id(queue.generation, message.sequence))
                moved += 1
            sequence = message.sequence
            await parts.step("copied a leftover")
            await parts.patiently(partial(delete_message, parts.api, names.stream, sequence))
    return moved


async def _copy(parts: Parts, message: StoredMessage, name: str) -> None:
    try:
        await parts.publish(parts.names.dlq, message.body, message.headers, name)
    except PayloadTooLargeError:
        await parts.publish(parts.names.dlq, message.body, message.headers, None)


def _fingerprint(message: StoredMessage) -> _Fingerprint:
    return message.body, tuple(sorted(carried_headers(message.headers).items()))
