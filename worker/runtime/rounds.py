"""What a worker looks after beside its own tasks, now and then: each worker of the fleet does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Protocol

from worker.jetstream.errors import JetStreamError
from worker.model.surroundings import Surroundings
from worker.telemetry.logging import is_told
from worker.telemetry.readiness import Readiness

SOON = 2.0
"""Seconds until the next round, about, where a chore has to confirm what it saw."""
JITTER = 0.2


class Chore(Protocol):
    """Something to look after that any number of workers may do at the same time."""

    @property
    def name(self) -> str:
        """What it is called in the log."""

    async def look(self) -> bool:
        """Do what is due; return whether it should look again soon.

        Raises:
            JetStreamError: it was cut short; the next look goes on.
        """


class Rounds:
    """Does all chores, one after the other, again and again."""

    def __init__(
        self, chores: Sequence[Chore], readiness: Readiness, around: Surroundings, interval: float
    ) -> None:
        """Describe the rounds.

        Args:
            chores: What is done in each.
            readiness: Told where rounds ended by a fault of ours, until one succeeds.
            around: Chance for the jitter, and a log of what goes wrong.
            interval: Seconds between two rounds, about; positive.
        """
        self._chores = chores
        self._readiness = readiness
        self._random = around.random
        self._log = around.log
        self._interval = interval
        self._failures = dict.fromkeys((chore.name for chore in chores), 0)

    async def run(self, stop: asyncio.Event) -> None:
        """Go round until `stop`, whatever the server goes through and whatever breaks here."""
        while not stop.is_set():
            rounds = asyncio.create_task(self._rounds(stop))
            try:
                await asyncio.wait((rounds,))
            except asyncio.CancelledError:
                rounds.cancel()
                await asyncio.wait((rounds,))
                raise
            if (error := rounds.exception()) is not None:
                self._log.error("rounds.broken", exc_info=error)
                why = f"looking after stuck tasks failed: {type(error).__name__}: {error}"
                self._readiness.stands("rounds", why)
                await _until(stop, self._wait(self._interval))

    async def _rounds(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            soon = await self._round()
            self._readiness.clear("rounds")
            longest = min(SOON, self._interval) if soon else self._interval
            await _until(stop, self._wait(longest))

    async def _round(self) -> bool:
        """Do each chore once; return whether one of them should look again soon."""
        soon = False
        for chore in self._chores:
            try:
                soon = await chore.look() or soon
            except JetStreamError as error:
                self._failed(chore, error)
            else:
                if failures := self._failures[chore.name]:
                    self._log.info("round.resumed", chore=chore.name, failures=failures)
                self._failures[chore.name] = 0
        return soon

    def _failed(self, chore: Chore, error: JetStreamError) -> None:
        failures = self._failures[chore.name] = self._failures[chore.name] + 1
        if is_told(failures):
            self._log.warning("round.failed", chore=chore.name, why=str(error), failures=failures)

    def _wait(self, seconds: float) -> float:
        return seconds * (1 + JITTER * (2 * self._random.random() - 1))


async def _until(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
