"""The migration itself: copy unseen, hold deliveries, switch, clean up."""

from __future__ import annotations

from worker.jetstream.errors import SUBJECTS_OVERLAP, ApiError
from worker.jetstream.info import stream_of_subject
from worker.jetstream.migration.claims import refuse_claims, refuse_while_replaying
from worker.jetstream.migration.copies import Copies, Mark
from worker.jetstream.migration.deliveries import Deliveries
from worker.jetstream.migration.gap import Gap
from worker.jetstream.migration.leftovers import clear_leftovers
from worker.jetstream.migration.marks import moved_mark
from worker.jetstream.migration.parts import Parts, RefusedChangeError
from worker.jetstream.topology.answers import find_raw_stream
from worker.jetstream.topology.configs import stream_config
from worker.jetstream.topology.layout import give_back
from worker.jetstream.topology.updates import update_stream
from worker.model.topology import StreamSpec

_TRIES = 5


async def move_dead_letters(parts: Parts, spec: StreamSpec) -> str:
    """Move the dead letters into the stream `spec`; return what was done, in words.

    It may be killed at any point and begun again.

    Raises:
        RefusedChangeError: it cannot be done safely now; dead letters lie where they lay.
        JetStreamError: the server refused something, or went away for too long.
    """
    if await _is_open(parts):
        return await _finish(parts)
    if await stream_of_subject(parts.api, parts.names.dlq) is None:
        await give_back(parts.api, parts.names)
        await parts.step("given back")
    await _prepare(parts, spec)
    copies = Copies(parts, (await parts.work_queue()).generation)
    await copies.load()
    await copies.catch_up()
    await parts.step("copied")
    await refuse_while_replaying(parts)
    gap = Gap(parts)
    began = parts.clock.monotonic()
    async with gap.listening(), Deliveries(parts).held():
        moved = await _switch(parts, copies, gap)
    still = parts.clock.monotonic() - began
    said = [f"{moved:,} letters moved"]
    said += [f"deliveries stood still for {still:.1f} s"] if parts.can_pause else []
    return "; ".join([*said, *filter(None, [await _finish(parts)])])


async def _prepare(parts: Parts, spec: StreamSpec) -> None:
    """Create the stream, taking copies alone: it files them under the dead letters' subject."""
    there = await find_raw_stream(parts.api, spec.name)
    if there is not None:
        if parts.names.moving_dlq in (there["config"].get("subjects") or []):
            return
        raise RefusedChangeError(f"a stream {spec.name} exists: rename or delete it")
    config = {
        **stream_config(spec),
        "subjects": [parts.names.moving_dlq],
        "subject_transform": {"src": parts.names.moving_dlq, "dest": parts.names.dlq},
    }
    await parts.patiently(lambda: parts.api.request(f"STREAM.CREATE.{spec.name}", config))
    await parts.step("prepared")


async def _switch(parts: Parts, copies: Copies, gap: Gap) -> int:
    """Have the subject change hands; return how many letters did."""
    for _ in range(_TRIES):
        await copies.catch_up()
        await refuse_while_replaying(parts)
        before = await gap.begin()
        try:
            moved = await _hand_over(parts, copies)
        finally:
            stored = await gap.end(before)
        if stored:
            parts.tell(f"{stored} letters were published while the subject moved, and stored")
        if moved is not None:
            return moved
    raise RefusedChangeError("workers start all the time: try again when it is calmer")


async def _hand_over(parts: Parts, copies: Copies) -> int | None:
    """Take the subject from the work queue and give it to the letters' own stream.

    Returns how many letters went with it. Where it could not be given, which None says, the work
    queue has it again.
    """
    opened = False
    try:
        await _take_away(parts)
        await parts.step("taken away")
        mark = await copies.settle()
        await parts.step("settled")
        await refuse_claims(parts)
        opened = await _open(parts, mark)
        await parts.step("opened")
    finally:
        if not opened:
            await parts.patiently(lambda: give_back(parts.api, parts.names))
    return mark.letters if opened else None


async def _take_away(parts: Parts) -> None:
    queue = await parts.work_queue()
    left = {"subjects": [x for x in queue.subjects if x != parts.names.dlq]}
    await parts.patiently(lambda: update_stream(parts.api, queue.stream, left))


async def _open(parts: Parts, mark: Mark) -> bool:
    """Open the letters' own stream, and note in the same request what it holds."""
    created = (await parts.work_queue()).created
    own = await parts.own_stream()
    change = {
        "subjects": [parts.names.dlq],
        "subject_transform": None,
        "metadata": moved_mark(own.config, created, mark.newest),
    }
    try:
        await parts.patiently(lambda: update_stream(parts.api, own.stream, change))
    except ApiError as error:
        # A worker that started just now gave the subject back to the work queue.
        if error.err_code == SUBJECTS_OVERLAP:
            return False
        raise
    return True


async def _finish(parts: Parts) -> str:
    """Remove the originals, and what an interrupted migration left."""
    words = await clear_leftovers(parts)
    await Deliveries(parts).resume_left_behind()
    return words


async def _is_open(parts: Parts) -> bool:
    return await stream_of_subject(parts.api, parts.names.dlq) == parts.names.dlq_stream
