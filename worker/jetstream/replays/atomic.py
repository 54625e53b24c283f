"""Replay in atomic batches (server 2.12+): claim and task are stored together or not at all."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Sequence

from worker.jetstream.api import EXPECTED_LAST_SUBJECT_SEQUENCE
from worker.jetstream.errors import (
    WRONG_LAST,
    ApiError,
    JetStreamError,
    NotAllowedError,
    UncertainError,
    UnreachableError,
)
from worker.jetstream.replays.batches import (
    EXPECTED_ON_SUBJECT,
    INCOMPLETE_BATCH,
    MAX_LETTERS,
    TOO_MANY_BATCHES,
    BatchMessage,
    NotAtomicError,
    batches,
    publish_batch,
)
from worker.jetstream.replays.claimed import ClaimedReplay
from worker.jetstream.replays.claims import claim_body
from worker.jetstream.replays.fences import LANES, Fence
from worker.jetstream.replays.parts import LETTER_LEFT, Replayed, ReplayParts, Run
from worker.jetstream.replays.standstill import Standstill
from worker.jetstream.replays.task import ReplayedTask
from worker.jetstream.wire.headers import header_lines

RELEASE_AFTER = 20_000
"""Claims of finished letters that are kept before they are removed together."""

_UNCLAIMED = header_lines({EXPECTED_LAST_SUBJECT_SEQUENCE: "0"})


class AtomicReplay:
    """Replays letters by the hundred, each claim and task in one atomic batch.

    The letters are read after a fence is known (see `replays_fences`), so a batch that the server
    takes holds no letter that was replayed before. Then the letters are deleted; the claims stay
    until `release`. A crash leaves nothing, or claims whose tasks were stored.

    With `complete` the letters given are all that the stream holds up to the last of them, in
    ascending order: they are then deleted as one stretch rather than one by one, as long as none
    has to stay.
    """

    def __init__(self, parts: ReplayParts, claimed: ClaimedReplay, *, complete: bool) -> None:
        self._parts = parts
        self._claimed = claimed
        self._finished = array("Q")
        self._complete = complete

    @property
    def at_once(self) -> int:
        """Some more than there are fences, so that each has its next letters at once."""
        return LANES + 2

    @property
    def most(self) -> int:
        """See `Way`."""
        return MAX_LETTERS

    @property
    def wants_release(self) -> bool:
        """Whether so many claims are finished that they should go, once nothing is under way."""
        return len(self._finished) >= RELEASE_AFTER

    async def send(self, sequences: Sequence[int]) -> Run:
        """Send the tasks of these letters; what was stored is still to be finished.

        May be called several times at once, for different letters.

        Raises:
            NotAtomicError: the server knows no atomic batches; nothing is stored.
        """
        fences = self._parts.claims.fences
        fence = await fences.take()
        try:
            run = await self._send(fence, sequences)
        except BaseException:
            # Nobody knows of these letters: they must not go with those that follow.
            self._complete = False
            raise
        finally:
            fences.give_back(fence)
        if not self._complete:
            await self._delete(run, in_one=False)
        return run

    async def finish(self, run: Run) -> dict[int, Replayed]:
        """Delete the letters whose tasks were stored, in the order in which they were given."""
        if any(x.result in ("failed", "unknown") for x in run.outcomes.values()):
            self._complete = False
        await self._delete(run, in_one=self._complete)
        return run.outcomes

    async def release(self) -> None:
        """Remove the claims on what was finished; no batch of ours may be under way."""
        claims = self._parts.claims
        sequences, self._finished = self._finished, array("Q")
        await claims.remove([claims.key(sequence) for sequence in sequences])

    async def _send(self, fence: Fence, sequences: Sequence[int]) -> Run:
        run = Run()
        waiting = list(sequences)
        standstill = Standstill(self._parts.patience)
        deadline: float | None = None
        while waiting:
            try:
                await self._pass(fence, waiting, run)
                deadline = None
            except (UncertainError, UnreachableError) as error:
                deadline = deadline or self._parts.patience.deadline()
                if not await self._parts.patience.reconnected(deadline):
                    run.give_up(waiting, str(error))
            left = [sequence for sequence in waiting if sequence not in run.outcomes]
            if len(left) < len(waiting):
                standstill = Standstill(self._parts.patience)
            elif not await standstill.wait(crowded=run.crowded):
                run.give_up(left, standstill.why)
            waiting = [sequence for sequence in left if sequence not in run.outcomes]
        return run

    async def _pass(self, fence: Fence, sequences: Sequence[int], run: Run) -> None:
        """Go through the letters once; those without an outcome are to be tried again."""
        parts = self._parts
        run.crowded = False
        # This one for the whole pass: a later one would not tell of what was read before it.
        known = await fence.sequence()
        await parts.step("fenced")
        await parts.finish_purge_of(sequences)
        stored = await parts.letters.these(sequences)
        await parts.check_stream()
        await parts.step("read")
        tasks: list[ReplayedTask] = []
        gone: list[int] = []
        for sequence in sequences:
            letter = stored.get(sequence)
            if letter is None:
                gone.append(sequence)
                continue
            task = parts.task_of(letter)
            if isinstance(task, Replayed):
                run.settle(task)
            else:
                tasks.append(task)
        for outcome in await asyncio.gather(*(parts.of_gone(sequence) for sequence in gone)):
            run.settle(outcome)
        for batch in batches(tasks):
            await self._batch(fence, known, batch, run)

    async def _batch(
        self, fence: Fence, known: int, tasks: Sequence[ReplayedTask], run: Run
    ) -> None:
        parts = self._parts
        try:
            messages = self._messages(fence.subject, known, tasks)
            last = await publish_batch(parts.api, messages, parts.step)
        except NotAllowedError as error:
            # Without its last message, or its first, the server stores nothing of it. Were that
            # wrong, the claims that lie there would have the next replay find out.
            for task in tasks:
                run.settle(Replayed(task.sequence, task.task_id, "failed", f"not sent: {error}"))
            return
        except UncertainError:
            run.doubtful.update(task.sequence for task in tasks)
            raise
        except NotAtomicError:
            await parts.claims.remove([parts.claims.key(tasks[0].sequence)])
            raise
        except ApiError as error:
            if error.err_code in WRONG_LAST:
                fence.forget()
            await self._refused(error, fence, known, tasks, run)
            return
        await parts.step("sent")
        # Each task lies behind its claim, all of them in a row.
        first = last - 2 * (len(tasks) - 1)
        run.store(
            [
                Replayed(task.sequence, task.task_id, "replayed", stored_as=first + 2 * number)
                for number, task in enumerate(tasks)
            ]
        )

    async def _delete(self, run: Run, *, in_one: bool) -> None:
        """Delete the letters whose tasks were stored."""
        stored, run.stored = run.stored, []
        sequences = [outcome.sequence for outcome in stored]
        if not sequences:
            return
        try:
            if in_one:
                await self._parts.delete_letters_up_to(max(sequences))
            else:
                await self._parts.delete_letters(sequences)
        except JetStreamError:
            for outcome in stored:
                run.settle(outcome._replace(detail=LETTER_LEFT))
            return
        self._finished.extend(sequences)

    async def _refused(
        self,
        error: ApiError,
        fence: Fence,
        known: int,
        tasks: Sequence[ReplayedTask],
        run: Run,
    ) -> None:
        """Nothing of the batch was stored: settle the letters that made the server refuse it."""
        if error.err_code in WRONG_LAST:
            await self._finish_claimed(tasks, run)
        elif error.err_code == TOO_MANY_BATCHES:
            run.crowded = True
        elif len(tasks) > 1:
            for task in tasks:
                await self._batch(fence, known, [task], run)
        elif error.err_code != INCOMPLETE_BATCH:
            (task,) = tasks
            run.settle(Replayed(task.sequence, task.task_id, "failed", str(error)))

    async def _finish_claimed(self, tasks: Sequence[ReplayedTask], run: Run) -> None:
        claims = await asyncio.gather(*(self._parts.claims.find(t.sequence) for t in tasks))
        stored: list[Replayed] = []
        for task, claim in zip(tasks, claims, strict=True):
            if claim is None:
                continue
            if claim.step == "published":
                stored.append(self._parts.credit(claim, task))
            else:
                run.settle(await self._claimed.resume(claim, task))
        run.store(stored)

    def _messages(
        self, fence_subject: str, fence: int, tasks: Sequence[ReplayedTask]
    ) -> list[BatchMessage]:
        parts = self._parts
        claim = claim_body("published", parts.author)
        subject = parts.layout.names.tasks
        messages: list[BatchMessage] = []
        for task in tasks:
            claimed = parts.claims.subject(task.sequence)
            messages.append(BatchMessage(claimed, _UNCLAIMED, claim))
            messages.append(BatchMessage(subject, task.lines, task.body))
        first = messages[1]
        checked = {EXPECTED_LAST_SUBJECT_SEQUENCE: str(fence), EXPECTED_ON_SUBJECT: fence_subject}
        messages[1] = first._replace(headers=first.headers + header_lines(checked))
        return messages
