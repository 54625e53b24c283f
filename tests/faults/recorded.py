"""A process that changes dead letters, on record as a console's, and is killed at a chosen step.

Where letters are replayed one by one, side by side, it is killed when each of them is begun: what
was not begun is nobody's to finish.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from farutech_console.operations.audit.recording import Change, audited
from farutech_console.operations.changes.archive import ensure_archive
from farutech_console.operations.queue import Queue
from tests.faults.replaying import die
from worker.jetstream.connect.connection import connect
from worker.jetstream.moves.moves import always, purge_letters
from worker.jetstream.moves.purges_parts import PurgeParts
from worker.jetstream.replays.claims import Author, Step
from worker.jetstream.replays.replayer import Replayer
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions
from worker.model.names import QueueNames

VICTIM = "the victim"


def change_until(
    url: str, action: Literal["replay", "purge"], sequences: Sequence[int], fatal_step: str
) -> None:
    """Replay or purge letters, and be killed at the first step of this name, all being begun."""
    asyncio.run(_change(url, action, sequences, fatal_step))


async def _change(
    url: str, action: Literal["replay", "purge"], sequences: Sequence[int], fatal_step: str
) -> None:
    async with connect(ConnectionOptions(servers=(url,)), within=10) as connection:
        clock = SystemClock()
        o = Queue(connection, QueueNames(), clock, operator=VICTIM)
        layout = await o.fresh_layout()
        one_by_one = action == "replay" and not layout.atomic_replay
        step = _killed_at(fatal_step, begun=len(sequences) if one_by_one else 0)
        about = layout.dead_letters.name
        async with audited(o, Change(action, about, sequences=tuple(sequences))) as tally:
            author = Author(VICTIM, tally.id)
            if action == "replay":
                replayer = Replayer(o.api, layout, author, clock=clock, step=step)
                async for _ in replayer.run(sequences):
                    pass
            else:
                await ensure_archive(o, layout)
                parts = PurgeParts(o.api, layout, clock, step)
                async for _ in purge_letters(parts, author, "", sequences, always):
                    pass


def _killed_at(fatal_step: str, *, begun: int) -> Step:
    """Return a step at whose name this process dies, once so many letters have been claimed."""
    claimed = 0
    all_begun = asyncio.Event()

    async def step(name: str) -> None:
        nonlocal claimed
        claimed += name == "claimed"
        if claimed >= begun:
            all_begun.set()
        if name == fatal_step:
            await all_begun.wait()
            die()

    return step
