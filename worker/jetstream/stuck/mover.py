"""Moving stuck tasks to the dead letters: each once, whoever else moves it at the same time."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from worker.jetstream.api import Api
from worker.jetstream.dead_letters.deaths import Deaths
from worker.jetstream.deliveries.ledger import Lease, Ledger, LostLeaseError
from worker.jetstream.errors import JetStreamError, PayloadTooLargeError
from worker.jetstream.messages import StoredMessage, delete_message, message_at
from worker.jetstream.topology.layout import discover
from worker.model.clock import Clock
from worker.model.dead_letter import DeadLetter, Source
from worker.model.ledger import AlreadyDone, HeldBy, task_key
from worker.model.names import REPLAY_ID, QueueNames
from worker.model.stuck import SpentTask
from worker.model.stuck_letter import signed, stuck_letter

Result = Literal["moved", "finished", "held", "gone", "failed"]


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one stuck task.

    `moved`: its dead letter is stored, and the task is gone. `finished`: it had been done, only its
    ack was lost; the task is gone without a letter. `held`: a worker still runs it; nothing was
    touched. `gone`: it was settled or moved meanwhile. `failed`: it stays; `detail` says why.
    `letter` is None where the task is gone.
    """

    sequence: int
    result: Result
    letter: DeadLetter | None = None
    detail: str = ""


def no_ledger() -> None:
    """Where no ledger is kept."""


class StuckMover:
    """Moves stuck tasks of one queue."""

    def __init__(
        self,
        api: Api,
        names: QueueNames,
        worker_id: str,
        clock: Clock,
        ledger: Callable[[], Ledger | None] = no_ledger,
    ) -> None:
        """Describe the moves.

        Args:
            api: Reads, writes and deletes.
            names: The queue's names.
            worker_id: Who signs the letters.
            clock: Wall time, for the letters.
            ledger: Gives the ledger, asked for each task. Where there is one, it keeps a task from
                being moved that was done or still runs, and who ran it from finishing it
                afterwards.
        """
        self._api = api
        self._names = names
        self._worker_id = worker_id
        self._clock = clock
        self._ledger = ledger

    async def move(self, tasks: Sequence[SpentTask], allowed: int) -> AsyncIterator[Moved]:
        """Move tasks that are stuck for sure, and yield what became of each.

        `allowed` is the consumer's max deliver.

        Raises:
            JetStreamError: the rest was not moved. What is under way is found by who moves it next.
        """
        layout = await discover(self._api, self._names)
        ascending = sorted(tasks, key=lambda task: task.sequence)
        deaths = Deaths(self._api, layout, [task.sequence for task in ascending])
        is_read = False
        for task in ascending:
            message = await message_at(self._api, self._names.stream, task.sequence)
            if message is None or message.subject != self._names.tasks:
                yield Moved(task.sequence, "gone")
                continue
            if not is_read:
                await deaths.read(message.stored_at)
                is_read = True
            yield await self._move(message, self._letter(message, task, allowed), deaths)

    def _letter(self, message: StoredMessage, task: SpentTask, allowed: int) -> DeadLetter:
        names = self._names
        source = Source(stream=names.stream, sequence=message.sequence, subject=names.tasks)
        letter = stuck_letter(message.body, message.headers, source, task.deliveries, allowed)
        return signed(letter, self._worker_id, self._clock.now())

    async def _move(self, message: StoredMessage, letter: DeadLetter, deaths: Deaths) -> Moved:
        sequence = message.sequence
        lease = await self._begin(message, letter)
        if isinstance(lease, HeldBy):
            detail = f"{lease.owner} still runs it, {lease.remaining:.0f} s more at least"
            return Moved(sequence, "held", letter, detail)
        if isinstance(lease, AlreadyDone):
            await delete_message(self._api, self._names.stream, sequence)
            detail = f"done by {lease.owner} at {lease.at:%Y-%m-%d %H:%M:%S} UTC, its ack was lost"
            return Moved(sequence, "finished", letter, detail)
        try:
            await deaths.write(message, letter)
        except PayloadTooLargeError as error:
            return Moved(sequence, "failed", letter, str(error))
        else:
            was_there = await delete_message(self._api, self._names.stream, sequence)
            return Moved(sequence, "moved" if was_there else "gone", letter)
        finally:
            await _release(lease)

    async def _begin(
        self, message: StoredMessage, letter: DeadLetter
    ) -> Lease | HeldBy | AlreadyDone | None:
        ledger = self._ledger()
        if ledger is None or letter.raw is not None:
            return None
        key = task_key(letter.task.task_id, message.headers.get(REPLAY_ID, ""))
        return await ledger.begin(key, message.sequence)


async def _release(lease: Lease | None) -> None:
    """Let go of the task; where that fails the lease ends by itself."""
    if lease is not None:
        with contextlib.suppress(JetStreamError, LostLeaseError):
            await lease.release()
