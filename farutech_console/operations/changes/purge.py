"""Carrying out a plan to purge for good: exactly its letters are deleted, whatever came since."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from functools import partial

from farutech_console.operations.alike import Alike
from farutech_console.operations.changes.tools import mover
from farutech_console.operations.model import Outcome, OutcomeKind, Plan
from farutech_console.operations.pace.control import Control
from farutech_console.operations.queue import Queue
from worker.jetstream.api import Api
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.errors import JetStreamError, UncertainError, UnreachableError
from worker.jetstream.messages import delete_message, purge_subject
from worker.jetstream.moves.belongings import Belongings
from worker.jetstream.moves.moves import finish_standing
from worker.jetstream.moves.origins import delete_origin
from worker.jetstream.patience import Patience
from worker.jetstream.replays.parts import GONE
from worker.jetstream.replays.replayer import check_stream
from worker.jetstream.topology.layout import Layout

_AT_ONCE = 128
_STRETCH = 100_000
"""Letters that one request deletes, so that a cancel is heard in between."""
_COUNTED = 5_000
"""Letters that may have come since and are counted, to know that none of the others is gone."""


async def purge(
    queue: Queue, layout: Layout, plan: Plan, control: Control
) -> AsyncGenerator[Sequence[Outcome], None]:
    """Delete the letters of a plan and yield an outcome for each, some at a time.

    Raises:
        JetStreamError: the server was away for too long, or has the stream no longer; letters not
            yielded were not touched.
    """
    # What came back and is not on record as that yet must not come back a second time.
    await finish_standing(mover(queue, layout))
    patience = Patience(queue.api, queue.clock)
    belongings = Belongings(queue.api, layout)
    ids = dict(zip(plan.sequences, plan.task_ids, strict=False))
    stuck = frozenset(plan.stuck)
    position = 0
    while position < plan.count:
        most = _STRETCH if plan.complete else _AT_ONCE
        count = await control.allow(min(most, plan.count - position))
        if not count:
            return
        rest = plan.sequences[position:]
        few = rest[:count]
        position += count
        await patience.repeat(lambda: check_stream(queue.api, layout.dead_letters))
        objects = await patience.repeat(partial(belongings.clear, few))
        await patience.repeat(partial(_delete_origins, queue, layout, stuck.intersection(few)))
        outcomes: Sequence[Outcome]
        if plan.complete and await patience.repeat(partial(_are_all_there, queue, layout, rest)):
            kind, detail = await _delete_stretch(queue.api, layout, few, patience)
            outcomes = Alike(few, kind, detail, ids)
        else:
            each = await _delete_each(queue.api, layout.dead_letters.name, few, patience)
            outcomes = [
                Outcome(n, ids.get(n, ""), *told) for n, told in zip(few, each, strict=True)
            ]
        await belongings.remove(objects)
        yield outcomes


async def _delete_origins(queue: Queue, layout: Layout, stuck: Iterable[int]) -> None:
    """Take from the queue what a stuck letter is a copy of: it would become a letter again."""
    letters = DeadLetters(queue.api, layout, current=True)
    for sequence in stuck:
        letter = await letters.letter(sequence)
        if letter is not None:
            await delete_origin(queue.api, layout.names, letter)


async def _are_all_there(queue: Queue, layout: Layout, sequences: Sequence[int]) -> bool:
    """Return whether none of these is gone: they are all there can be up to the last of them."""
    letters = DeadLetters(queue.api, layout, current=True)
    extent = await letters.extent()
    came_since = extent.depth - len(sequences)
    if not 0 <= came_since <= _COUNTED:
        return False
    pages = letters.scan(sequences[-1], extent.last_sequence)
    return sum([len(page) async for page in pages]) == came_since


_Told = tuple[OutcomeKind, str]


async def _delete_stretch(
    api: Api, layout: Layout, sequences: Sequence[int], patience: Patience
) -> _Told:
    """Delete the letters up to the last of these, which are all that there are."""
    stream, subject = layout.dead_letters.name, layout.names.dlq
    deadline = patience.deadline()
    in_doubt = False
    while True:
        try:
            deleted = await purge_subject(api, stream, subject, below=sequences[-1] + 1)
        except (UncertainError, UnreachableError) as error:
            in_doubt = in_doubt or isinstance(error, UncertainError)
            if not await patience.reconnected(deadline):
                kind: OutcomeKind = "unknown" if in_doubt else "failed"
                return kind, str(error)
        except JetStreamError as error:
            return "failed", str(error)
        else:
            gone = len(sequences) - deleted
            note = "" if gone <= 0 or in_doubt else f"{gone:,} of {len(sequences):,}: {GONE}"
            return "purged", note


async def _delete_each(
    api: Api, stream: str, sequences: Sequence[int], patience: Patience
) -> list[_Told]:
    told: list[_Told] = []
    for start in range(0, len(sequences), _AT_ONCE):
        few = sequences[start : start + _AT_ONCE]
        told += await asyncio.gather(*(_delete(api, stream, x, patience) for x in few))
    return told


async def _delete(api: Api, stream: str, sequence: int, patience: Patience) -> _Told:
    deadline = patience.deadline()
    in_doubt = False
    while True:
        try:
            was_there = await delete_message(api, stream, sequence)
        except (UncertainError, UnreachableError) as error:
            in_doubt = in_doubt or isinstance(error, UncertainError)
            if not await patience.reconnected(deadline):
                return "unknown" if in_doubt else "failed", str(error)
        except JetStreamError as error:
            return "failed", str(error)
        else:
            return ("purged", "") if was_there or in_doubt else ("already", GONE)
