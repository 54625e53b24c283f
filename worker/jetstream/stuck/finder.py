"""Finding the tasks whose deliveries are spent: by what the server counts, told and keeps.

Measured on 2.10.26 to 2.15.1: such a task stays in the stream, is counted neither as pending nor as
ack pending, and is never delivered again, not after a restart and not when max deliver is raised.
The server tells of each once, in an advisory that nobody may hear; `PROVISIONING_ADVISORIES` keeps
those. It does not tell where max deliver was lowered.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from worker.jetstream.api import Api
from worker.jetstream.info import server_state, stream_state
from worker.jetstream.reading.scan import Scan
from worker.jetstream.stuck.advisories import Advisories
from worker.jetstream.topology.layout import find_consumer
from worker.model.names import QueueNames
from worker.model.state import ConsumerState, StreamState
from worker.model.stuck import (
    NOTHING_STUCK,
    StuckTasks,
    Tally,
    judged,
    tally_of,
)

TRIES = 5
"""Looks until two agree."""
BETWEEN = 0.05
"""Seconds between two looks: a consumer learns of a new message later than its stream, by some
microseconds, and on a busy machine by some milliseconds."""


@dataclass(frozen=True, slots=True)
class _Look:
    tally: Tally
    consumer: ConsumerState
    after: StreamState

    def agrees_with(self, other: _Look) -> bool:
        """Whether nothing was published, delivered or settled since, or while either looked."""
        return (
            self.tally.is_exact
            and self.tally == other.tally
            and self.after == other.after
            and replace(self.consumer, waiting=other.consumer.waiting) == other.consumer
        )


class StuckFinder:
    """Looks for stuck tasks in one queue. Meant to be kept: it reads each advisory once.

    Where nothing is stuck a look is three requests. Every call may raise `JetStreamError`.
    """

    def __init__(self, api: Api, names: QueueNames) -> None:
        self.api = api
        self._names = names
        self._level: int | None = None
        self._advisories = Advisories(api, names)

    async def count(self) -> Tally:
        """Return how many tasks are stuck, exactly where nothing moved meanwhile."""
        counted = await self._count()
        return counted[0] if counted else Tally(0, 0)

    async def find(self, candidates: int = 0) -> StuckTasks:
        """Return the tasks that are stuck for sure, and at most so many that may be."""
        counted = await self._count()
        if counted is None:
            return replace(NOTHING_STUCK, evidence="no_consumer")
        tally, consumer, tasks = counted
        if tally.most == 0:
            return replace(NOTHING_STUCK, allowed=consumer.max_deliver)
        found, consumer, tasks = await self._judge(consumer, tasks)
        if candidates and len(found.certain) < found.tally.most:
            return await self._with_candidates(found, consumer, tasks, candidates)
        return found

    async def since(
        self, consumer: ConsumerState, tasks: StreamState, stuck: int
    ) -> datetime | None:
        """Return when the server first told of one of the tasks that are stuck, so many.

        None where it told of none that is known to be stuck.
        """
        return await self._advisories.since(consumer, tasks, stuck, await self._api_level())

    async def _judge(
        self, consumer: ConsumerState, tasks: StreamState
    ) -> tuple[StuckTasks, ConsumerState, StreamState]:
        """Hear first and count then: what is told of meanwhile is counted, but not missed."""
        for _ in range(TRIES):
            heard = await self._advisories.live(consumer, tasks, await self._api_level())
            counted = await self._count()
            if counted is None or counted[0].most == 0:
                return replace(NOTHING_STUCK, allowed=consumer.max_deliver), consumer, tasks
            tally, consumer, tasks = counted
            found = judged(tally, heard, (), consumer)
            if found.evidence == "advisories":
                return found, consumer, tasks
            if found.evidence != "contradicted":
                break
        nothing_due = consumer.ack_pending == 0
        bound = (
            consumer.delivered_stream_sequence
            if nothing_due
            else consumer.ack_floor_stream_sequence
        )
        below, _ = await (await self._scan(tasks)).sequences(1, bound, tasks.messages)
        return judged(tally, heard, below, consumer), consumer, tasks

    async def _with_candidates(
        self, found: StuckTasks, consumer: ConsumerState, tasks: StreamState, limit: int
    ) -> StuckTasks:
        certain = {task.sequence for task in found.certain}
        scan = await self._scan(tasks)
        delivered, whole = await scan.sequences(
            1, consumer.delivered_stream_sequence, limit + len(certain)
        )
        others = [sequence for sequence in delivered if sequence not in certain]
        more = not whole or len(others) > limit
        return replace(found, candidates=tuple(others[:limit]), more=more)

    async def _count(self) -> tuple[Tally, ConsumerState, StreamState] | None:
        """Count until two looks agree; None where there is no consumer.

        The stream counts a new task, and one just acked, a moment before or after the consumer
        does. So one look may find too many, and where it finds any there is another.
        """
        tallies: list[Tally] = []
        last: _Look | None = None
        while True:
            look = await self._look()
            if look is None:
                return None
            tallies.append(look.tally)
            if look.tally.most == 0 or (last is not None and look.agrees_with(last)):
                return look.tally, look.consumer, look.after
            if len(tallies) == TRIES:
                least, most = min(t.least for t in tallies), max(t.most for t in tallies)
                return Tally(least, most), look.consumer, look.after
            last = look
            await asyncio.sleep(BETWEEN)

    async def _look(self) -> _Look | None:
        names = self._names
        before = await stream_state(self.api, names.stream, names.tasks)
        consumer = await find_consumer(self.api, names.stream, names.consumer)
        if consumer is None:
            return None
        after = await stream_state(self.api, names.stream, names.tasks)
        return _Look(tally_of(before, consumer, after, names.tasks), consumer, after)

    async def _scan(self, tasks: StreamState) -> Scan:
        return Scan(self.api, tasks, self._names.tasks, await self._api_level())

    async def _api_level(self) -> int:
        if self._level is None:
            self._level = (await server_state(self.api)).api_level
        return self._level
