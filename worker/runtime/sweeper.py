"""Looking after tasks that nobody will get again: found now and then, moved to the dead letters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from worker.jetstream.errors import JetStreamError
from worker.jetstream.stuck import StuckFinder
from worker.jetstream.stuck_moves import Moved, StuckMover
from worker.model.stuck import SpentTask, StuckTasks
from worker.model.surroundings import Surroundings

INTERVAL = 15.0
"""Seconds between two looks, about: each worker of the fleet looks for itself."""
SETTLE = 2.0
"""Seconds after which a second look must find a task still stuck: one that was just acked may be
seen for a moment after the consumer has counted it."""
JITTER = 0.2


class Sweeper:
    """Sweeps one queue, as any number of others may do at the same time."""

    def __init__(
        self,
        finder: StuckFinder,
        mover: StuckMover,
        around: Surroundings,
        tell: Callable[[Moved], None] | None = None,
        interval: float = INTERVAL,
        settle: float = SETTLE,
    ) -> None:
        """Describe the sweeps.

        Args:
            finder: Looks for stuck tasks.
            mover: Moves them.
            around: Monotonic time, chance for the jitter, and a log of what is found and moved.
            tell: Called with each that was moved, or could not be.
            interval: Seconds between two looks.
            settle: Seconds between the first look that finds a task and the one that moves it.
        """
        self._finder = finder
        self._mover = mover
        self._clock = around.clock
        self._random = around.random
        self._log = around.log
        self._tell = tell
        self._interval = interval
        self._settle = settle
        self._first_seen: dict[int, float] = {}
        self._said: dict[int, Moved] = {}
        self._to_confirm = False
        self._unknown = 0
        self._failures = 0

    async def run(self) -> None:
        """Sweep until cancelled, whatever the server goes through."""
        while True:
            await asyncio.sleep(self._wait())
            try:
                await self.sweep()
            except JetStreamError as error:
                self._failures += 1
                self._log.warning("sweep.failed", why=str(error), failures=self._failures)
            else:
                self._failures = 0

    async def sweep(self) -> list[Moved]:
        """Look once, and move what an earlier look has found too.

        Raises:
            JetStreamError: the sweep was cut short; the next one goes on.
        """
        found = await self._finder.find()
        self._say_unknown(found)
        due = self._due(found)
        moved: list[Moved] = []
        if due:
            async for one in self._mover.move(due, found.allowed):
                self._say(one)
                moved.append(one)
        return moved

    def _due(self, found: StuckTasks) -> list[SpentTask]:
        now = self._clock.monotonic()
        seen = self._first_seen
        self._first_seen = {task.sequence: seen.get(task.sequence, now) for task in found.certain}
        self._said = {seq: said for seq, said in self._said.items() if seq in self._first_seen}
        due = [
            task for task in found.certain if now - self._first_seen[task.sequence] >= self._settle
        ]
        self._to_confirm = len(due) < len(found.certain)
        return due

    def _wait(self) -> float:
        """Return the seconds until the next look: soon, where it has to confirm the last."""
        usual = self._interval * (1 + JITTER * (2 * self._random.random() - 1))
        if not self._to_confirm or self._failures:
            return usual
        return min(self._settle * (1 + JITTER * self._random.random()), usual)

    def _say_unknown(self, found: StuckTasks) -> None:
        if found.unknown != self._unknown:
            self._unknown = found.unknown
            if found.unknown:
                self._log.warning(
                    "stuck.unknown", tasks=found.unknown, of=found.tally.most, why=found.told
                )

    def _say(self, moved: Moved) -> None:
        """Tell of a task, of one that stays only when something else came of it than before."""
        letter, before = moved.letter, self._said.get(moved.sequence)
        if letter is None or (before is not None and before.result == moved.result):
            return
        self._said[moved.sequence] = moved
        log = self._log.bind(
            sequence=moved.sequence,
            task_id=letter.task.task_id,
            tenant_id=letter.task.tenant_id,
            attempt=letter.final_attempt,
        )
        match moved.result:
            case "moved":
                log.error("task.dead", reason=letter.reason, error=letter.error)
            case "failed":
                log.error("stuck.not_moved", why=moved.detail)
            case "finished":
                log.info("stuck.was_done", why=moved.detail)
            case "held":
                log.info("stuck.still_runs", why=moved.detail)
            case "gone":
                return
        if self._tell is not None:
            self._tell(moved)
