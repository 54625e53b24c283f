"""A process that applies a plan and is killed at a chosen step: run by test_topology_crash."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from tests.support.topology import WAITS
from worker.jetstream.connect.connection import connect
from worker.jetstream.migration.apply import apply
from worker.jetstream.migration.parts import Parts
from worker.jetstream.migration.survey import survey
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions
from worker.model.names import QueueNames
from worker.model.topology_diff import differences


def apply_until(url: str, fatal_step: int) -> None:
    """Apply all that differs, and be killed after so many steps; return if there are fewer."""
    asyncio.run(_apply(url, fatal_step))


async def _apply(url: str, fatal_step: int) -> None:
    names = QueueNames()
    taken = 0

    async def step(_name: str) -> None:
        nonlocal taken
        taken += 1
        if taken == fatal_step:
            _die()

    async with connect(ConnectionOptions(servers=(url,)), within=10) as connection:
        topology, found = await survey(connection.api, names)
        parts = Parts(connection.api, names, found.server, SystemClock(), WAITS, step)
        async for _ in apply(parts, differences(topology, names, found)):
            pass


def _die() -> None:
    if sys.platform == "win32":
        os._exit(9)
    os.kill(os.getpid(), signal.SIGKILL)
