"""A process that replays dead letters and is killed at a chosen step: run by test_replay_crash."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from worker.jetstream.connect.connection import connect
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayer
from worker.jetstream.topology.layout import discover
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions
from worker.model.names import QueueNames
from worker.model.replay import Unknown

KILLED = -signal.SIGKILL if sys.platform != "win32" else 9


def replay_until(
    url: str,
    sequences: Sequence[int],
    fatal_step: int | str,
    pieces: int = 0,
    unknown: Unknown = "keep",
) -> None:
    """Replay, and be killed after so many steps or the first of a name; return if there is none.

    With `pieces` the letters are all there are, and so many are begun at once.
    """
    asyncio.run(_replay(url, sequences, fatal_step, pieces, unknown))


async def _replay(
    url: str, sequences: Sequence[int], fatal_step: int | str, pieces: int, unknown: Unknown
) -> None:
    taken = 0

    async def allow(most: int) -> int:
        return min(most, pieces or most)

    async def step(name: str) -> None:
        nonlocal taken
        taken += 1
        if fatal_step in (taken, name):
            die()

    async with connect(ConnectionOptions(servers=(url,)), within=10) as connection:
        layout = await discover(connection.api, QueueNames())
        author = Author("the victim", f"killed at {fatal_step}")
        replayer = Replayer(connection.api, layout, author, clock=SystemClock(), step=step)
        run = replayer.run(sequences, allow, complete=pieces > 0, unknown=unknown)
        async for _ in run:
            pass


def die() -> None:
    if sys.platform == "win32":
        os._exit(9)
    os.kill(os.getpid(), signal.SIGKILL)
