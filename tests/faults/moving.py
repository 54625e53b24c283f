"""A process that purges or brings back dead letters and is killed at a chosen step."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from tests.faults.replaying import die
from worker.jetstream.connect.connection import connect
from worker.jetstream.moves.moves import Origin, always, purge_letters, return_letters
from worker.jetstream.moves.purges_parts import PurgeParts
from worker.jetstream.replays.claims import Author
from worker.jetstream.topology.layout import discover
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions
from worker.model.names import QueueNames

Move = Literal["purge", "return"]


def move_until(url: str, move: Move, run: str, sequences: Sequence[int], fatal_step: int) -> None:
    """Move letters, and be killed after so many steps; return if there are not as many.

    `run` is the purge's, whichever way the letters go.
    """
    asyncio.run(_move(url, move, run, sequences, fatal_step))


async def _move(url: str, move: Move, run: str, sequences: Sequence[int], fatal_step: int) -> None:
    taken = 0

    async def step(_name: str) -> None:
        nonlocal taken
        taken += 1
        if taken == fatal_step:
            die()

    async with connect(ConnectionOptions(servers=(url,)), within=10) as connection:
        layout = await discover(connection.api, QueueNames())
        parts = PurgeParts(connection.api, layout, SystemClock(), step)
        if move == "purge":
            outcomes = purge_letters(parts, Author("the victim", run), "why", sequences, always)
            async for _ in outcomes:
                pass
        else:
            origin = Origin(layout.dlq_generation, run)
            author = Author("the victim", f"undo-{run}")
            async for _ in return_letters(parts, author, origin, sequences, always):
                pass
