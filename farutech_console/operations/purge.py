"""Carrying out a plan to purge: exactly its letters are deleted, whatever came since."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from farutech_console.operations.model import Outcome, OutcomeKind, Plan
from worker.jetstream.api import Api
from worker.jetstream.belongings import Belongings
from worker.jetstream.errors import JetStreamError, UncertainError, UnreachableError
from worker.jetstream.messages import IN_FLIGHT, delete_message
from worker.jetstream.patience import Patience
from worker.jetstream.replays import check_stream
from worker.jetstream.topology import Layout
from worker.model.clock import Clock

GONE = "no longer there: replayed or purged by someone else"
_AT_ONCE = 500


async def purge(
    api: Api,
    layout: Layout,
    plan: Plan,
    *,
    clock: Clock,
    stop: asyncio.Event | None = None,
) -> AsyncGenerator[Outcome, None]:
    """Delete the letters of a plan and yield an outcome for each.

    Raises:
        JetStreamError: the server was away for too long, or has the stream no longer; letters not
            yielded were not touched.
    """
    patience = Patience(api, clock)
    belongings = Belongings(api, layout)
    letters = list(zip(plan.sequences, plan.task_ids, strict=True))
    for start in range(0, len(letters), _AT_ONCE):
        if stop is not None and stop.is_set():
            return
        await patience.repeat(lambda: check_stream(api, layout.dead_letters))
        few = letters[start : start + _AT_ONCE]
        sequences = [sequence for sequence, _ in few]
        objects = await patience.repeat(lambda some=sequences: belongings.clear(some))  # type: ignore[misc]
        outcomes = await _delete_all(api, layout.dead_letters.name, few, patience)
        await belongings.remove(objects)
        for outcome in outcomes:
            yield outcome


async def _delete_all(
    api: Api, stream: str, letters: Sequence[tuple[int, str]], patience: Patience
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for start in range(0, len(letters), IN_FLIGHT):
        few = letters[start : start + IN_FLIGHT]
        outcomes += await asyncio.gather(
            *(_delete(api, stream, sequence, task_id, patience) for sequence, task_id in few)
        )
    return outcomes


async def _delete(
    api: Api, stream: str, sequence: int, task_id: str, patience: Patience
) -> Outcome:
    deadline = patience.deadline()
    in_doubt = False
    while True:
        try:
            was_there = await delete_message(api, stream, sequence)
        except (UncertainError, UnreachableError) as error:
            in_doubt = in_doubt or isinstance(error, UncertainError)
            if not await patience.reconnected(deadline):
                kind: OutcomeKind = "unknown" if in_doubt else "failed"
                return Outcome(sequence, task_id, kind, str(error))
        except JetStreamError as error:
            return Outcome(sequence, task_id, "failed", str(error))
        else:
            if was_there or in_doubt:
                return Outcome(sequence, task_id, "purged")
            return Outcome(sequence, task_id, "already", GONE)
