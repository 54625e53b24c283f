"""Rounds go on whatever breaks in them, and say so."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import structlog
from structlog.testing import CapturingLogger

from tests.support.waiting import eventually
from worker.jetstream.errors import UncertainError
from worker.model.clock import SystemClock
from worker.model.surroundings import Surroundings
from worker.runtime.rounds import Rounds
from worker.telemetry.readiness import Readiness


class Chore:
    """Fails as it is told, and counts its looks."""

    def __init__(self, name: str = "test", *errors: Exception | None, soon: bool = False) -> None:
        self.name = name
        self.errors = list(errors)
        self.looks = 0
        self.soon = soon

    async def look(self) -> bool:
        self.looks += 1
        await asyncio.sleep(0)
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error
        return self.soon


class Going:
    """Rounds that go on."""

    def __init__(self, *chores: Chore, interval: float = 0.01) -> None:
        self.log = CapturingLogger()
        self.readiness = Readiness()
        self.readiness.clear("connection")
        self.readiness.clear("consumer")
        bound = structlog.wrap_logger(
            self.log, processors=[], wrapper_class=structlog.make_filtering_bound_logger(0)
        )
        around = Surroundings(SystemClock(), Random(1), bound)
        self.rounds = Rounds(chores, self.readiness, around, interval)
        self.stop = asyncio.Event()

    def logged(self, event: str) -> int:
        return sum(call.kwargs["event"] == event for call in self.log.calls)


@asynccontextmanager
async def going(*chores: Chore, interval: float = 0.01) -> AsyncIterator[Going]:
    parts = Going(*chores, interval=interval)
    task = asyncio.create_task(parts.rounds.run(parts.stop))
    try:
        yield parts
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_refusal_is_told_and_the_other_chores_are_done() -> None:
    failing = Chore("failing", *[UncertainError("no answer")] * 7)
    other = Chore("other")
    async with going(failing, other) as parts:
        await eventually(lambda: failing.looks > 8)
        # The first, second and fourth: what goes on is told ever more rarely, its end once.
        assert parts.logged("round.failed") == 3
        assert parts.logged("round.resumed") == 1
        assert other.looks >= 8
        assert parts.readiness.obstacles() == {}


async def test_a_fault_of_ours_is_told_by_readiness_until_it_heals() -> None:
    broken = Chore("broken", None, KeyError("seq"), KeyError("seq"))
    async with going(broken, interval=0.05) as parts:
        await eventually(lambda: "rounds" in parts.readiness.obstacles())
        assert "KeyError" in parts.readiness.obstacles()["rounds"]
        await eventually(lambda: broken.looks > 3)
        await eventually(lambda: parts.readiness.obstacles() == {})
        assert parts.logged("rounds.broken") == 2


async def test_what_has_to_be_confirmed_is_looked_at_sooner() -> None:
    unsure = Chore(soon=True)
    async with going(unsure, interval=600.0):
        await eventually(lambda: unsure.looks == 2)


async def test_it_ends_when_told() -> None:
    chore = Chore()
    async with going(chore, interval=600.0) as parts:
        await eventually(lambda: chore.looks == 1)
        parts.stop.set()
        await asyncio.wait_for(parts.rounds.run(parts.stop), 5)
