"""A console that dies while it brings stuck tasks back to work: each goes back once."""

from __future__ import annotations

import asyncio
import signal
import uuid

import pytest

from farutech_console.operations.queue import Queue as Handle
from farutech_console.operations.stuck.recover import plan_recovery, recover_stuck
from tests.faults.processes import context
from tests.faults.recovering import no_wait, recover_until
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue
from tests.support.stuck import stuck
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.messages import purge_subject
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayer
from worker.model.clock import SystemClock

MOST = 80
PARTS = 3
"""Tests that share the messages out, each every so many of them: one alone takes minutes."""


async def _recover_and_die(server: NatsServer, at: int) -> bool:
    """Return whether the console was killed; it was not if it sent fewer messages."""
    process = context("tests.faults.recovering").Process(
        target=recover_until, args=(server.url, at)
    )
    process.start()
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode in (0, -signal.SIGKILL)
    return bool(process.exitcode != 0)


async def _finish(where: Queue) -> None:
    """What an operator does then: recover again, and replay what was left as a dead letter."""
    handle = Handle(where.connection, NAMES, SystemClock(), operator="next@here")
    plan = await plan_recovery(handle, "work", None, no_wait)
    async for _ in recover_stuck(handle, plan):
        pass
    layout = await handle.fresh_layout()
    left = [x async for page in DeadLetters(where.api, layout).scan() for x in page]
    author = Author("next@here", uuid.uuid4().hex)
    run = Replayer(where.api, layout, author, clock=handle.clock)
    async for done in run.run([letter.sequence for letter in left]):
        assert done.result in ("replayed", "already"), done


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, PARTS + 1))
@pytest.mark.parametrize(("kind", "when"), [("fresh", -1), ("go", 1)], ids=["after", "before"])
async def test_killed_at_any_message_each_task_goes_back_once(
    nats_server: NatsServer, kind: LayoutKind, when: int, first: int
) -> None:
    async with queue(nats_server, kind) as where:
        for step in range(first, MOST, PARTS):
            await stuck(where, 2)
            killed = await _recover_and_die(nats_server, step * when)
            await _finish(where)
            back = sorted(task["task_id"] for task in await where.tasks())
            assert back == ["task-0", "task-1"], f"killed at {step}"
            extent = await DeadLetters(where.api, where.layout).extent()
            assert extent.depth == 0, f"killed at {step}"
            await purge_subject(where.api, NAMES.stream, NAMES.tasks)
            if not killed:
                break
        assert not killed
        assert step > 5
