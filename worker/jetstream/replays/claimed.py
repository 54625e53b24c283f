"""Replay by claim (any server): claim, task, claim rewritten as published, letter deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from worker.jetstream.api import PubAck
from worker.jetstream.errors import (
    ApiError,
    JetStreamError,
    NotAllowedError,
    PayloadTooLargeError,
)
from worker.jetstream.replays.claims import Claim, ClaimStep, claim_body
from worker.jetstream.replays.memory import MemoryReader, server_id
from worker.jetstream.replays.parts import GONE, LETTER_LEFT, Replayed, ReplayParts, Run
from worker.jetstream.replays.task import ReplayedTask

LETTERS_AT_ONCE = 32
CALLS_AT_ONCE = 4

_RACES = 20
CANNOT_TELL = (
    "whether the task was sent can no longer be told: see if it ran, then replay the letter again"
    " with --unknown drop if it did, with --unknown send if not"
)
SENT_ANYWAY = "nobody could tell whether it was sent before: it may run twice"
TAKEN_AS_SENT = "nobody could tell whether it was sent: taken as sent, its letter deleted"
NO_ANSWER = "sent, but the server did not say whether it stored it: replay it again soon"


class ClaimedReplay:
    """Replays letters one claim and one task at a time.

    The task carries the claim's key as `Nats-Msg-Id`. While the work queue remembers ids, sending
    it twice stores it once; so a claim that someone left behind can be taken over within the
    duplicate window, if the server was not restarted since (it forgets the ids of tasks that are
    done) and is alone (who leads a cluster's stream may have been restarted). After that nobody can
    tell whether the task was sent, and the outcome says so.
    """

    def __init__(self, parts: ReplayParts) -> None:
        self._parts = parts
        reader = MemoryReader(parts.api, parts.layout, parts.patience, parts.clock)
        self._memory = reader.memory

    @property
    def at_once(self) -> int:
        """See `Way`."""
        return CALLS_AT_ONCE

    @property
    def most(self) -> int:
        """See `Way`."""
        return LETTERS_AT_ONCE

    @property
    def wants_release(self) -> bool:
        """See `Way`: never, each claim goes right after its letter."""
        return False

    async def send(self, sequences: Sequence[int]) -> Run:
        """Replay these letters, all at once."""
        run = Run()
        for outcome in await asyncio.gather(*(self._replay(sequence) for sequence in sequences)):
            run.settle(outcome)
        return run

    async def finish(self, run: Run) -> dict[int, Replayed]:
        """Return the outcomes: nothing is left to be done."""
        return run.outcomes

    async def release(self) -> None:
        """Nothing is left to release."""

    async def resume(self, claim: Claim, task: ReplayedTask) -> Replayed:
        """Finish what the holder of `claim` left, as far as it can be told how far that was."""
        parts = self._parts
        if claim.step == "published":
            return parts.credit(claim, task)._replace(detail=await self._end(task) or claim.told)
        if claim.step == "unreadable" or not (await self._memory()).keeps(claim):
            return await self._settle_unknown(claim, task)
        body = claim_body("claimed", parts.author, claim.server, claim.since)
        version = await parts.patience.repeat(lambda: parts.claims.take(task.sequence, body, claim))
        if version is None:
            return await self._replay(task.sequence)
        await parts.step("taken over")
        await parts.finish_purge_of([task.sequence])
        if await self._is_gone(task):
            return Replayed(task.sequence, task.task_id, "already", GONE)
        return await self._send(replace(claim, version=version), task, taken_over=True)

    async def _replay(self, sequence: int) -> Replayed:
        parts = self._parts
        by = parts.author
        body = claim_body("claimed", by, server_id(parts.api))
        try:
            for _ in range(_RACES):
                stored = await parts.patience.repeat(lambda: parts.letters.letter(sequence))
                if stored is None:
                    return Replayed(sequence, "", "already", GONE)
                task = parts.task_of(stored)
                if isinstance(task, Replayed):
                    return task
                before = (await self._memory()).now
                version = await parts.patience.repeat(lambda: parts.claims.take(sequence, body))
                claim: Claim | None
                if version is not None:
                    key, server = parts.claims.key(sequence), server_id(parts.api)
                    claim = Claim(key, sequence, "claimed", by.by, by.run, server, before, version)
                else:
                    # Perhaps it is ours all the same: an answer may have been lost.
                    claim = await parts.patience.repeat(lambda: parts.claims.find(sequence))
                if claim is not None:
                    return await self._claimed(claim, task)
        except JetStreamError as error:
            return Replayed(sequence, "", "failed", f"not sent: {error}")
        return Replayed(sequence, "", "failed", "not sent: others keep claiming it")

    async def _claimed(self, claim: Claim, task: ReplayedTask) -> Replayed:
        if claim.run != self._parts.author.run or claim.step != "claimed":
            return await self.resume(claim, task)
        await self._parts.step("claimed")
        await self._parts.finish_purge_of([task.sequence])
        # Read again under the claim: who held one before may have finished in between.
        if await self._is_gone(task):
            return Replayed(task.sequence, task.task_id, "already", GONE)
        await self._parts.step("checked")
        return await self._send(claim, task, taken_over=False)

    async def _settle_unknown(self, claim: Claim, task: ReplayedTask) -> Replayed:
        """Do as the operator said with a letter of which nobody can tell whether it was sent."""
        parts = self._parts
        if parts.unknown == "keep":
            return _unknown(task, f"{claim.told}; {CANNOT_TELL}")
        step: ClaimStep = "claimed" if parts.unknown == "send" else "published"
        since = (await self._memory()).now
        body = claim_body(step, parts.author, server_id(parts.api), since)
        version = await parts.patience.repeat(lambda: parts.claims.take(task.sequence, body, claim))
        if version is None:
            return await self._replay(task.sequence)
        await parts.step("decided")
        ours = replace(
            claim, step=step, run=parts.author.run, server=server_id(parts.api), since=since
        )
        if step == "published":
            left = await self._end(task)
            return Replayed(task.sequence, task.task_id, "already", left or TAKEN_AS_SENT)
        await parts.finish_purge_of([task.sequence])
        if await self._is_gone(task):
            return Replayed(task.sequence, task.task_id, "already", GONE)
        outcome = await self._send(replace(ours, version=version), task, taken_over=False)
        if outcome.result != "replayed":
            return outcome
        return outcome._replace(detail=outcome.detail or SENT_ANYWAY)

    async def _is_gone(self, task: ReplayedTask) -> bool:
        parts = self._parts
        if await parts.patience.repeat(lambda: parts.letters.letter(task.sequence)) is not None:
            return False
        await parts.claims.remove([parts.claims.key(task.sequence)])
        return True

    async def _send(self, claim: Claim, task: ReplayedTask, *, taken_over: bool) -> Replayed:
        """Send the task under our claim, again and again while that cannot store it twice."""
        parts = self._parts
        deadline = parts.patience.deadline()
        key = parts.claims.key(task.sequence)
        in_doubt = taken_over
        while True:
            try:
                memory = await self._memory()
                if in_doubt and not memory.keeps(claim):
                    return _unknown(task, CANNOT_TELL)
                if not memory.is_recent(claim):
                    await parts.claims.withdraw(claim)
                    return await self._replay(task.sequence)
                ack = await parts.api.publish(
                    parts.layout.names.tasks, task.body, headers=task.headers, msg_id=key
                )
            except (ApiError, PayloadTooLargeError) as error:
                if in_doubt:
                    return _unknown(task, f"{CANNOT_TELL} ({error})")
                await parts.claims.withdraw(claim)
                return Replayed(task.sequence, task.task_id, "failed", f"not sent: {error}")
            except NotAllowedError as error:
                # It names the subject only: another's that was sent just before may be stored.
                return _unknown(task, f"{NO_ANSWER} ({error})")
            except JetStreamError as error:
                in_doubt = True
                if not await parts.patience.reconnected(deadline):
                    return _unknown(task, f"{NO_ANSWER} ({error})")
            else:
                await parts.step("sent")
                return await self._stored(claim, task, ack, taken_over=taken_over)

    async def _stored(
        self, claim: Claim, task: ReplayedTask, ack: PubAck, *, taken_over: bool
    ) -> Replayed:
        parts = self._parts
        body = claim_body("published", parts.author, claim.server, claim.since)
        try:
            marked = await parts.patience.repeat(
                lambda: parts.claims.take(task.sequence, body, claim)
            )
        except JetStreamError:
            marked = claim.version
        await parts.step("marked")
        detail = await self._end(task)
        if ack.duplicate and (taken_over or marked is None):
            return Replayed(task.sequence, task.task_id, "already", detail or claim.told)
        return Replayed(task.sequence, task.task_id, "replayed", detail, ack.sequence)

    async def _end(self, task: ReplayedTask) -> str:
        """Delete the letter, then its claim; return what an operator should know."""
        parts = self._parts
        try:
            await parts.delete_letters([task.sequence])
            await parts.claims.remove([parts.claims.key(task.sequence)])
        except JetStreamError:
            return LETTER_LEFT
        return ""


def _unknown(task: ReplayedTask, detail: str) -> Replayed:
    return Replayed(task.sequence, task.task_id, "unknown", detail)
