"""Looking after tasks that nobody will get again: found now and then, moved to the dead letters."""

from __future__ import annotations

from collections.abc import Callable

from worker.jetstream.stuck.finder import StuckFinder
from worker.jetstream.stuck.mover import Moved, StuckMover
from worker.model.stuck import SpentTask, StuckTasks
from worker.model.surroundings import Surroundings

SETTLE = 1.5
"""Seconds after which a second look must find a task still stuck: one that was just acked may be
seen for a moment after the consumer has counted it."""


class Sweeper:
    """Sweeps one queue, as any number of others may do at the same time."""

    name = "stuck tasks"

    def __init__(
        self,
        finder: StuckFinder,
        mover: StuckMover,
        around: Surroundings,
        tell: Callable[[Moved], None] | None = None,
        settle: float = SETTLE,
    ) -> None:
        """Describe the sweeps.

        Args:
            finder: Looks for stuck tasks.
            mover: Moves them.
            around: Monotonic time, and a log of what is found and moved.
            tell: Called with each that was moved, or could not be.
            settle: Seconds between the first look that finds a task and the one that moves it.
        """
        self._finder = finder
        self._mover = mover
        self._clock = around.clock
        self._log = around.log
        self._tell = tell
        self._settle = settle
        self._first_seen: dict[int, float] = {}
        self._said: dict[int, Moved] = {}
        self._to_confirm = False
        self._unknown = 0

    async def look(self) -> bool:
        """Sweep once; return whether there is something to confirm soon.

        Raises:
            JetStreamError: the sweep was cut short; the next one goes on.
        """
        await self.sweep()
        return self._to_confirm

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
