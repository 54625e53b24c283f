"""Which task a stream sequence is: learnt by reading along, within bounds."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from worker.jetstream.errors import JetStreamError
from worker.jetstream.messages import StoredMessage
from worker.model import wire_json
from worker.model.task import InvalidTaskError, Task

KNOWN = 20_000
"""Names that are remembered, the first learnt forgotten first."""

WANTED = 1_000
"""Sequences that wait to be looked up; more are not, at a rate nobody could read anyway."""

LOOKUPS = 100
"""Messages read in one turn, and turns are `TURN` seconds apart: the server is not to notice."""

TURN = 0.2


class TaskName(NamedTuple):
    """What a task is called."""

    task_id: str
    tenant_id: str
    task_type: str


class TaskSource(NamedTuple):
    """How to read the work queue: by sequence, the next from a sequence on, and its last one."""

    at: Callable[[int], Awaitable[StoredMessage | None]]
    after: Callable[[int], Awaitable[StoredMessage | None]]
    last: Callable[[], Awaitable[int]]


class TaskNames:
    """Names by stream sequence, of tasks published since it began and of those asked for.

    `get` may be asked from any thread.
    """

    def __init__(self) -> None:
        self._known: dict[int, TaskName] = {}
        self._wanted: deque[int] = deque(maxlen=WANTED)
        self._wake = asyncio.Event()
        self._new = False

    def get(self, sequence: int) -> TaskName | None:
        """Return what is known of this sequence; never waits."""
        return self._known.get(sequence)

    def learn(self, sequence: int, name: TaskName) -> None:
        """Remember a name."""
        self._known[sequence] = name
        if len(self._known) > KNOWN:
            del self._known[next(iter(self._known))]

    def want(self, sequence: int) -> None:
        """Have a sequence looked up, if it is not known."""
        if sequence and sequence not in self._known:
            self._wanted.append(sequence)
            self._wake.set()

    def expect_new(self) -> None:
        """Have the tasks at the end of the stream read: some were published."""
        self._new = True
        self._wake.set()

    async def follow(self, source: TaskSource) -> None:
        """Look names up until cancelled. A server that is away is asked again at the next turn."""
        end: int | None = None
        while True:
            try:
                end = await source.last() if end is None else end
                await self._look_up(source)
                end = await self._read_on(source, end)
            except JetStreamError:
                end = None
            await asyncio.sleep(TURN)
            if end is not None:
                await self._wake.wait()
                self._wake.clear()

    async def _look_up(self, source: TaskSource) -> None:
        for _ in range(min(len(self._wanted), LOOKUPS)):
            sequence = self._wanted.popleft()
            if sequence not in self._known:
                self._learn_from(await source.at(sequence))
        if self._wanted:
            self._wake.set()

    async def _read_on(self, source: TaskSource, end: int) -> int:
        """Read the tasks after `end`; return the new end. Past `LOOKUPS` the rest is skipped."""
        if not self._new:
            return end
        self._new = False
        for _ in range(LOOKUPS):
            message = await source.after(end + 1)
            if message is None:
                return end
            self._learn_from(message)
            end = message.sequence
        return await source.last()

    def _learn_from(self, message: StoredMessage | None) -> None:
        if message is None:
            return
        try:
            task = Task.from_wire(wire_json.loads(message.body))
        except (InvalidTaskError, wire_json.InvalidJsonError):
            return
        self.learn(message.sequence, TaskName(task.task_id, task.tenant_id, task.task_type))
