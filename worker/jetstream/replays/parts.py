"""What both ways of replaying share: outcomes, patience, and the end that every replay has."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from worker.jetstream.ahead import ahead
from worker.jetstream.api import Api, headers_size
from worker.jetstream.errors import JetStreamError, PayloadTooLargeError
from worker.jetstream.info import stream_state
from worker.jetstream.messages import (
    DELETES_AT_ONCE,
    delete_message,
    delete_messages,
    message_at,
    purge_subject,
)
from worker.jetstream.moves.purges import finish_purge
from worker.jetstream.moves.purges_parts import NoteMove, PurgeParts
from worker.jetstream.patience import Patience
from worker.jetstream.replays.claims import Author, Claim, Claims
from worker.jetstream.replays.letters import ReplayedLetters
from worker.jetstream.replays.task import Replayable, ReplayedTask, replayed_task
from worker.jetstream.topology.layout import Layout
from worker.model.clock import Clock
from worker.model.replay import Unknown
from worker.model.state import StreamState

# As many header bytes as either protocol puts beside the task's own.
_WIDEST = headers_size(
    {
        "Nats-Batch-Id": "0" * 32,
        "Nats-Batch-Sequence": "1000",
        "Nats-Batch-Commit": "1",
        "Nats-Expected-Last-Subject-Sequence": "9" * 20,
        "Nats-Expected-Last-Subject-Sequence-Subject": "x" * 256,
    }
)
Result = Literal["replayed", "already", "failed", "unknown"]

IN_DOUBT = "sent, but the server did not say whether it stored it; the next replay finds out"
GONE = "no longer there: replayed or purged by someone else"
LETTER_LEFT = "its dead letter could not be deleted yet; to replay it again sends nothing"


class Replayed(NamedTuple):
    """What became of the replay of one dead letter.

    `replayed`: its task lies in the work queue again, and the letter is gone. `already`: someone
    else did that, or removed it. `failed`: nothing was sent, the letter stays. `unknown`: the task
    may or may not have been sent and the server can no longer tell; the letter stays.
    `stored_as` is the task's sequence in the work queue, 0 where that is not known.

    A named tuple, because a million are made for a plan of a million.
    """

    sequence: int
    task_id: str
    result: Result
    detail: str = ""
    stored_as: int = 0


class Run:
    """The outcomes so far, the letters whose task is stored, and those that nobody can tell of.

    `crowded` is whether the server refused a batch in the last pass for the number of those open.
    """

    def __init__(self) -> None:
        self.outcomes: dict[int, Replayed] = {}
        self.stored: list[Replayed] = []
        self.doubtful: set[int] = set()
        self.crowded = False

    def settle(self, outcome: Replayed) -> None:
        """Note what became of a letter; a later word counts."""
        self.outcomes[outcome.sequence] = outcome

    def store(self, outcomes: Sequence[Replayed]) -> None:
        """Their tasks are stored; the letters are still to be deleted."""
        self.stored += outcomes
        for outcome in outcomes:
            self.settle(outcome)

    def give_up(self, sequences: Sequence[int], why: str) -> None:
        """Settle those that have no outcome yet: nothing more is tried."""
        for sequence in sequences:
            if sequence in self.outcomes:
                continue
            if sequence in self.doubtful:
                self.settle(Replayed(sequence, "", "unknown", f"{IN_DOUBT} ({why})"))
            else:
                self.settle(Replayed(sequence, "", "failed", f"not sent: {why}"))


class StreamReplacedError(JetStreamError):
    """The stream of dead letters is another than the one that was looked at."""


class ReplayParts:
    """The tools of one replay run."""

    def __init__(
        self,
        api: Api,
        layout: Layout,
        claims: Claims,
        author: Author,
        clock: Clock,
        note: NoteMove | None = None,
    ) -> None:
        self.api = api
        self.layout = layout
        self.claims = claims
        self.author = author
        self.clock = clock
        self.patience = Patience(api, clock)
        self.step = claims.step
        self.letters = ReplayedLetters(api, layout)
        self.moves = PurgeParts(api, layout, clock, claims.step, note)
        self._finishing = asyncio.Lock()
        self.edited: Mapping[int, bytes] = {}
        """What is sent in place of the tasks of some letters."""
        self.unknown: Unknown = "keep"
        """What becomes of letters of which nobody can tell whether they were sent."""

    async def finish_purge_of(self, sequences: Sequence[int]) -> None:
        """Finish a purge that is under way of any of these letters, whoever began it.

        To be called once the fence is known, or the claim taken: a purge that begins later drops
        the one, and sees the other (see `purges`).
        """
        asked = frozenset(sequences)
        while await self._is_purged(asked):
            # Many letters under way may be of the same purge: one of us finishes it.
            async with self._finishing:
                standing = await self.patience.repeat(self.moves.intentions.standing)
                if standing.concerns(self.layout.dlq_generation, asked):
                    await finish_purge(self.moves, standing, self.moves.note)

    async def _is_purged(self, asked: frozenset[int]) -> bool:
        standing = await self.patience.repeat(self.moves.intentions.standing)
        return standing.concerns(self.layout.dlq_generation, asked)

    async def check_stream(self) -> None:
        """Check that the letters' stream is still the one that was looked at.

        Raises:
            StreamReplacedError: it is not.
        """
        await check_stream(self.api, self.layout.dead_letters)

    async def of_gone(self, sequence: int) -> Replayed:
        """Return the outcome of a letter that is not there: who replayed it, where that is known.

        Its claim tells, while it is there.
        """
        claim = await self.claims.find(sequence)
        if claim is None:
            return Replayed(sequence, "", "already", GONE)
        if claim.run == self.author.run and claim.step == "published":
            return Replayed(sequence, "", "replayed")
        return Replayed(sequence, "", "already", claim.told)

    async def left_behind(self, key: str) -> Claim | Literal["over"] | None:
        """Return a claim whose letter is still there, `over` where it is gone, None for no claim.

        Only one that is over may be removed: nobody claims what is gone for good.
        """
        sequence = self.claims.sequence_of(key)
        stream = self.layout.dead_letters.name
        if sequence is None or await message_at(self.api, stream, sequence) is None:
            return "over"
        return await self.claims.find(sequence)

    def task_of(self, stored: Replayable) -> ReplayedTask | Replayed:
        """Return the task to send, or why there is none."""
        key = self.claims.key(stored.sequence)
        edited = self.edited.get(stored.sequence)
        task = replayed_task(stored, self.layout.dead_letters.name, key, self.author.by, edited)
        if task is None:
            return Replayed(stored.sequence, "", "failed", stored.error)
        if stored.problem:
            return Replayed(task.sequence, task.task_id, "failed", f"not sent: {stored.problem}")
        try:
            beside = len(task.lines) + _WIDEST
            self.api.check_size(self.layout.names.tasks, task.body, {}, beside)
        except PayloadTooLargeError as error:
            return Replayed(task.sequence, task.task_id, "failed", str(error))
        return task

    async def delete_letters(self, sequences: Sequence[int]) -> None:
        """Delete dead letters; those that are gone already count as deleted."""
        stream = self.layout.dead_letters.name
        flights = (
            delete_messages(self.api, stream, sequences[start : start + DELETES_AT_ONCE])
            for start in range(0, len(sequences), DELETES_AT_ONCE)
        )
        left = iter(sequences)
        async for flight in ahead(flights):
            for deleted, sequence in zip(flight, left, strict=False):
                if isinstance(deleted, JetStreamError):
                    await self._delete_letter(sequence)
                else:
                    await self.step("letter deleted")

    async def delete_letters_up_to(self, sequence: int) -> None:
        """Delete every dead letter up to and including this one."""
        await self.patience.repeat(self.check_stream)
        stream, subject = self.layout.dead_letters.name, self.layout.names.dlq
        await self.patience.repeat(
            lambda: purge_subject(self.api, stream, subject, below=sequence + 1)
        )
        await self.step("letters deleted")

    async def _delete_letter(self, sequence: int) -> None:
        stream = self.layout.dead_letters.name
        await self.patience.repeat(lambda: delete_message(self.api, stream, sequence))
        await self.step("letter deleted")

    def credit(self, claim: Claim, task: ReplayedTask) -> Replayed:
        """Return the outcome of a letter whose task was stored under `claim`."""
        if claim.run == self.author.run:
            return Replayed(task.sequence, task.task_id, "replayed")
        return Replayed(task.sequence, task.task_id, "already", claim.told)


async def check_stream(api: Api, home: StreamState) -> None:
    """Check that a stream is still the one that was looked at: a new one numbers anew.

    Raises:
        StreamReplacedError: it is not.
    """
    state = await stream_state(api, home.name)
    if state.created != home.created:
        raise StreamReplacedError(
            f"{home.name} was created anew at {state.created}: look at the letters again"
        )
