"""Sweeps once, in a process of its own that is killed at its Nth exchange with the server."""

from __future__ import annotations

import asyncio
import os
import signal

from tests.support.queues import NAMES
from worker.jetstream.api import Api
from worker.jetstream.connect.connection import connect
from worker.jetstream.stuck.finder import StuckFinder
from worker.jetstream.stuck.mover import StuckMover
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions


class DyingApi(Api):
    """Dies before it sends exchange `at`, or, with `at` negative, once that one is answered."""

    at = 0
    done = 0

    async def _ask(
        self, subject: str, payload: bytes, headers: bytes, within: float | None
    ) -> bytes:
        self.done += 1
        if self.done == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await super()._ask(subject, payload, headers, within)
        if self.done == -self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


async def main(url: str, at: int) -> None:
    """Move what is stuck."""
    async with connect(ConnectionOptions(servers=(url,)), within=10) as connection:
        api = DyingApi(connection.client)
        found = await StuckFinder(api, NAMES).find()
        api.at, api.done = at, 0
        async for _ in StuckMover(api, NAMES, "dying", SystemClock()).move(
            found.certain, found.allowed
        ):
            pass


def sweep_until(url: str, at: int) -> None:
    """Sweep, and be killed at exchange `at`; return if there are fewer."""
    asyncio.run(main(url, at))
