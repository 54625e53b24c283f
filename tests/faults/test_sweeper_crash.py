"""A sweeper, or its server, that dies at any step: the next one leaves one dead letter of each."""

from __future__ import annotations

import asyncio
import signal

import pytest

from tests.faults.processes import context
from tests.faults.sweeping import sweep_until
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, queue
from tests.support.stuck import stuck, with_stream
from tests.support.worker_queue import letters, tasks_left
from worker.jetstream.messages import purge_subject
from worker.jetstream.stuck.finder import StuckFinder
from worker.jetstream.stuck.mover import StuckMover
from worker.model.clock import SystemClock

MOST = 60
WINDOW = 0.1
"""The shortest duplicate window a server allows, in seconds."""


async def _sweep_and_die(server: NatsServer, at: int) -> bool:
    """Return whether the sweeper was killed; it was not if it had fewer exchanges."""
    process = context("tests.faults.sweeping").Process(target=sweep_until, args=(server.url, at))
    process.start()
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode in (0, -signal.SIGKILL)
    return bool(process.exitcode != 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "when"), [("fresh", -1), ("go", 1)], ids=["fresh-after", "go-before"]
)
async def test_killed_at_any_step_it_leaves_no_letter_twice(
    nats_server: NatsServer, kind: LayoutKind, when: int
) -> None:
    async with queue(nats_server, kind) as where:
        await with_stream(where, where.layout.dead_letters.name, duplicate_window=int(WINDOW * 1e9))
        for step in range(1, MOST):
            lost = await stuck(where, 2)
            killed = await _sweep_and_die(nats_server, step * when)
            await asyncio.sleep(2 * WINDOW)  # the server's memory for ids ends
            found = await StuckFinder(where.api, NAMES).find()
            mover = StuckMover(where.api, NAMES, "next", SystemClock())
            async for _ in mover.move(found.certain, found.allowed):
                pass
            assert await tasks_left(where) == 0
            sources = [
                letter.source.sequence for letter, _ in await letters(where) if letter.source
            ]
            assert sorted(sources) == lost, f"killed at {step}"
            # Or each step would have more letters to read than the last.
            await purge_subject(where.api, where.layout.dead_letters.name, NAMES.dlq)
            if not killed:
                break
        assert not killed
