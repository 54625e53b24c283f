"""Brings stuck tasks back to work, in a process of its own that is killed at its Nth message."""

from __future__ import annotations

import asyncio
import os
import signal

from farutech_console.operations.queue import Queue
from farutech_console.operations.stuck.recover import plan_recovery, recover_stuck
from tests.support.queues import NAMES
from worker.jetstream.connect.connection import connect
from worker.jetstream.wire.wire import Wire
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions


class Death:
    """Kills this process before message `at` is sent, or a moment after where it is negative."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.sent = 0
        self._publish = Wire.publish

    def arm(self) -> None:
        """Count the messages from now on."""
        death = self

        def publish(
            wire: Wire,
            subject: str,
            body: bytes,
            headers: bytes,
            reply: str = "",
        ) -> bool:
            death.sent += 1
            if death.sent == death.at:
                os.kill(os.getpid(), signal.SIGKILL)
            sent = death._publish(wire, subject, body, headers, reply)
            if death.sent == -death.at:
                asyncio.get_running_loop().call_later(0.005, os.kill, os.getpid(), signal.SIGKILL)
            return sent

        Wire.publish = publish  # type: ignore[method-assign,assignment]


async def no_wait(_seconds: float) -> None:
    """Look again at once."""


async def main(url: str, at: int) -> None:
    """Bring back what is stuck."""
    async with connect(ConnectionOptions(servers=(url,)), within=10) as connection:
        queue = Queue(connection, NAMES, SystemClock(), operator="dying@here")
        plan = await plan_recovery(queue, "work", None, no_wait)
        Death(at).arm()
        async for _ in recover_stuck(queue, plan):
            pass


def recover_until(url: str, at: int) -> None:
    """Recover, and be killed at message `at`; return if there are fewer."""
    asyncio.run(main(url, at))
