"""What both ways of replaying share: outcomes, patience, and the end that every replay has."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from worker.jetstream.api import Api
from worker.jetstream.dead_letters import DeadLetters
from worker.jetstream.errors import PayloadTooLargeError
from worker.jetstream.messages import IN_FLIGHT, delete_message
from worker.jetstream.patience import Patience
from worker.jetstream.replays_claims import Author, Claim, Claims, Step
from worker.jetstream.replays_task import ReplayedTask, replayed_task
from worker.jetstream.topology import Layout
from worker.model.clock import Clock
from worker.model.dead_letter import StoredDeadLetter

# As many header bytes as either protocol puts beside the task's own.
_WIDEST = {
    "Nats-Batch-Id": "0" * 32,
    "Nats-Batch-Sequence": "1000",
    "Nats-Batch-Commit": "1",
    "Nats-Expected-Last-Subject-Sequence": "9" * 20,
    "Nats-Expected-Last-Subject-Sequence-Subject": "x" * 256,
}
Result = Literal["replayed", "already", "failed", "unknown"]

GONE = "no longer there: replayed or purged by someone else"
LETTER_LEFT = "its dead letter could not be deleted yet; to replay it again sends nothing"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of the replay of one dead letter.

    `replayed`: its task lies in the work queue again, and the letter is gone. `already`: someone
    else did that, or removed it. `failed`: nothing was sent, the letter stays. `unknown`: the task
    may or may not have been sent and the server can no longer tell; the letter stays.
    """

    sequence: int
    task_id: str
    result: Result
    detail: str = ""


class ReplayParts:
    """The tools of one replay run."""

    def __init__(
        self,
        api: Api,
        layout: Layout,
        claims: Claims,
        author: Author,
        clock: Clock,
        step: Step,
    ) -> None:
        self.api = api
        self.layout = layout
        self.claims = claims
        self.author = author
        self.patience = Patience(api, clock)
        self.step = step
        self.letters = DeadLetters(api, layout, current=True)

    def task_of(self, stored: StoredDeadLetter) -> ReplayedTask | Replayed:
        """Return the task to send, or why there is none."""
        key = self.claims.key(stored.sequence)
        task = replayed_task(stored, self.layout.dead_letters.name, key, self.author.by)
        if task is None:
            return Replayed(stored.sequence, "", "failed", stored.error)
        try:
            self.api.check_size(self.layout.names.tasks, task.body, task.headers | _WIDEST)
        except PayloadTooLargeError as error:
            return Replayed(task.sequence, task.task_id, "failed", str(error))
        return task

    async def delete_letters(self, sequences: Sequence[int]) -> None:
        """Delete dead letters; those that are gone already count as deleted."""
        for start in range(0, len(sequences), IN_FLIGHT):
            few = sequences[start : start + IN_FLIGHT]
            await asyncio.gather(*(self._delete_letter(sequence) for sequence in few))

    async def _delete_letter(self, sequence: int) -> None:
        stream = self.layout.dead_letters.name
        await self.patience.repeat(lambda: delete_message(self.api, stream, sequence))
        await self.step("letter deleted")

    def credit(self, claim: Claim, task: ReplayedTask) -> Replayed:
        """Return the outcome of a letter whose task was stored under `claim`."""
        if claim.run == self.author.run:
            return Replayed(task.sequence, task.task_id, "replayed")
        return Replayed(task.sequence, task.task_id, "already", claim.told)
