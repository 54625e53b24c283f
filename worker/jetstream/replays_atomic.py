"""Replay in atomic batches (server 2.12+): claim and task are stored together or not at all."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nats.errors import Error as NatsError

from worker.jetstream.api import EXPECTED_LAST_SUBJECT_SEQUENCE, Api
from worker.jetstream.errors import (
    WRONG_LAST_SEQUENCE,
    ApiError,
    UncertainError,
    UnreachableError,
)
from worker.jetstream.replays_claimed import ClaimedReplay
from worker.jetstream.replays_claims import Step, claim_body
from worker.jetstream.replays_parts import (
    GONE,
    LETTER_LEFT,
    Replayed,
    ReplayParts,
)
from worker.jetstream.replays_task import ReplayedTask
from worker.model.dead_letter import StoredDeadLetter

MAX_LETTERS = 100
MAX_BYTES = 4 * 1024 * 1024
"""The most that one batch carries; the server takes 1,000 messages and waits 10 s for the rest."""

BATCH_ID = "Nats-Batch-Id"
BATCH_SEQUENCE = "Nats-Batch-Sequence"
BATCH_COMMIT = "Nats-Batch-Commit"
EXPECTED_ON_SUBJECT = "Nats-Expected-Last-Subject-Sequence-Subject"
INCOMPLETE_BATCH = 10176
"""JetStream: messages of the batch are missing, lost on the way or refused for themselves."""

IN_DOUBT = "sent, but the server did not say whether it stored it; the next replay finds out"

_IDLE_PASSES = 20


class NotAtomicError(Exception):
    """The server stored the first message of a batch by itself: it knows no atomic batches."""


@dataclass(frozen=True, slots=True)
class _Message:
    subject: str
    headers: dict[str, str]
    body: bytes


class _Run:
    """The outcomes so far, and the letters whose batch may or may not have been stored."""

    def __init__(self) -> None:
        self.outcomes: dict[int, Replayed] = {}
        self.doubtful: set[int] = set()

    def settle(self, outcome: Replayed) -> None:
        self.outcomes[outcome.sequence] = outcome

    def given_up(self, sequences: Sequence[int], why: str) -> dict[int, Replayed]:
        for sequence in sequences:
            if sequence in self.outcomes:
                continue
            if sequence in self.doubtful:
                self.settle(Replayed(sequence, "", "unknown", f"{IN_DOUBT} ({why})"))
            else:
                self.settle(Replayed(sequence, "", "failed", f"not sent: {why}"))
        return self.outcomes


class AtomicReplay:
    """Replays letters by the hundred, each claim and task in one atomic batch.

    The letters are read after the fence (see `Claims`), so a batch that the server takes holds no
    letter that was replayed before. Then the letters are deleted; the claims stay until `release`.
    A crash leaves nothing, or claims whose tasks were stored.
    """

    def __init__(self, parts: ReplayParts, claimed: ClaimedReplay) -> None:
        self._parts = parts
        self._claimed = claimed
        self._finished: list[str] = []

    async def replay(self, sequences: Sequence[int]) -> dict[int, Replayed]:
        """Replay these letters and return the outcome of each.

        Raises:
            NotAtomicError: the server knows no atomic batches; nothing was stored.
        """
        run = _Run()
        waiting = list(sequences)
        idle = 0
        deadline: float | None = None
        while waiting:
            try:
                await self._pass(waiting, run)
                deadline = None
            except (UncertainError, UnreachableError) as error:
                deadline = deadline or self._parts.patience.deadline()
                if not await self._parts.patience.reconnected(deadline):
                    return run.given_up(waiting, str(error))
            left = [sequence for sequence in waiting if sequence not in run.outcomes]
            idle = idle + 1 if len(left) == len(waiting) else 0
            if idle == _IDLE_PASSES:
                return run.given_up(waiting, "the server kept refusing the batch")
            waiting = left
        return run.outcomes

    async def release(self) -> None:
        """Remove the claims on what was finished."""
        keys, self._finished = self._finished, []
        await self._parts.claims.remove(keys)

    async def _pass(self, sequences: Sequence[int], run: _Run) -> None:
        """Go through the letters once; those without an outcome are to be tried again."""
        parts = self._parts
        fence = await parts.claims.fence()
        await parts.step("fenced")
        stored = await parts.letters.these(sequences)
        await parts.step("read")
        tasks: list[ReplayedTask] = []
        for sequence in sequences:
            task = self._task(sequence, stored.get(sequence))
            if isinstance(task, Replayed):
                run.settle(task)
            else:
                tasks.append(task)
        for batch in _batches(tasks):
            await self._batch(fence, batch, run)

    def _task(self, sequence: int, stored: StoredDeadLetter | None) -> ReplayedTask | Replayed:
        if stored is None:
            return Replayed(sequence, "", "already", GONE)
        return self._parts.task_of(stored)

    async def _batch(self, fence: int, tasks: Sequence[ReplayedTask], run: _Run) -> None:
        parts = self._parts
        try:
            await publish_batch(parts.api, self._messages(fence, tasks), parts.step)
        except UncertainError:
            run.doubtful.update(task.sequence for task in tasks)
            raise
        except NotAtomicError:
            await parts.claims.remove([parts.claims.key(tasks[0].sequence)])
            raise
        except ApiError as error:
            await self._refused(error, fence, tasks, run)
            return
        await parts.step("sent")
        await self._finish([Replayed(t.sequence, t.task_id, "replayed") for t in tasks], run)

    async def _finish(self, stored: Sequence[Replayed], run: _Run) -> None:
        """Delete the letters whose tasks were stored."""
        for outcome in stored:
            run.settle(replace(outcome, detail=LETTER_LEFT))
        sequences = [outcome.sequence for outcome in stored]
        await self._parts.delete_letters(sequences)
        for outcome in stored:
            run.settle(outcome)
        self._finished += [self._parts.claims.key(sequence) for sequence in sequences]

    async def _refused(
        self, error: ApiError, fence: int, tasks: Sequence[ReplayedTask], run: _Run
    ) -> None:
        """Nothing of the batch was stored: settle the letters that made the server refuse it."""
        if error.err_code == WRONG_LAST_SEQUENCE:
            await self._finish_claimed(tasks, run)
        elif len(tasks) > 1:
            for task in tasks:
                await self._batch(fence, [task], run)
        elif error.err_code != INCOMPLETE_BATCH:
            (task,) = tasks
            run.settle(Replayed(task.sequence, task.task_id, "failed", str(error)))

    async def _finish_claimed(self, tasks: Sequence[ReplayedTask], run: _Run) -> None:
        claims = await asyncio.gather(*(self._parts.claims.find(t.sequence) for t in tasks))
        stored: list[Replayed] = []
        for task, claim in zip(tasks, claims, strict=True):
            if claim is None:
                continue
            if claim.step == "published":
                stored.append(self._parts.credit(claim, task))
            else:
                run.settle(await self._claimed.resume(claim, task))
        await self._finish(stored, run)

    def _messages(self, fence: int, tasks: Sequence[ReplayedTask]) -> list[_Message]:
        parts = self._parts
        claim = claim_body("published", parts.author)
        messages: list[_Message] = []
        for task in tasks:
            subject = parts.claims.subject(task.sequence)
            messages.append(_Message(subject, {EXPECTED_LAST_SUBJECT_SEQUENCE: "0"}, claim))
            messages.append(_Message(parts.layout.names.tasks, dict(task.headers), task.body))
        messages[1].headers[EXPECTED_LAST_SUBJECT_SEQUENCE] = str(fence)
        messages[1].headers[EXPECTED_ON_SUBJECT] = parts.claims.fence_subject
        return messages


async def publish_batch(api: Api, messages: Sequence[_Message], step: Step) -> None:
    """Store two or more messages, all or none (ADR-50).

    Raises:
        ApiError: refused; nothing was stored.
        NotAtomicError: the server knows no batches; nothing is stored.
        UncertainError: no answer in time; all of it may be stored, or may yet be.
        UnreachableError: not connected; nothing was stored.
    """
    batch = uuid.uuid4().hex
    final = len(messages)
    for number, message in enumerate(messages, 1):
        headers = message.headers | {BATCH_ID: batch, BATCH_SEQUENCE: str(number)}
        if number == 1:
            answer = await api.exchange(message.subject, message.body, headers)
            if answer is not None:
                raise NotAtomicError(message.subject)
            await step("batch opened")
        elif number < final:
            await _send(api, message, headers)
        else:
            await api.exchange(message.subject, message.body, headers | {BATCH_COMMIT: "1"})


async def _send(api: Api, message: _Message, headers: dict[str, str]) -> None:
    try:
        await api.client.publish(message.subject, message.body, headers=headers)
    except NatsError as error:
        raise UnreachableError(f"{message.subject}: {error}") from error


def _batches(tasks: Sequence[ReplayedTask]) -> Iterator[list[ReplayedTask]]:
    batch: list[ReplayedTask] = []
    size = 0
    for task in tasks:
        if batch and (len(batch) == MAX_LETTERS or size + len(task.body) > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(task)
        size += len(task.body)
    if batch:
        yield batch
