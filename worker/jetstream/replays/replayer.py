"""Replay of dead letters: each task goes back once, and no letter is deleted before it has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from worker.jetstream.api import Api
from worker.jetstream.messages import IN_FLIGHT
from worker.jetstream.moves.finishings import Note, move_noter, note_claims
from worker.jetstream.moves.moves import finish_standing
from worker.jetstream.patience import Patience
from worker.jetstream.replays.atomic import AtomicReplay
from worker.jetstream.replays.batches import MAX_BYTES, MAX_LETTERS
from worker.jetstream.replays.claimed import TAKEN_AS_SENT, ClaimedReplay
from worker.jetstream.replays.claims import Author, Claim, Claims, Step, no_step
from worker.jetstream.replays.flow import Allow, Flow, Way, all_at_once
from worker.jetstream.replays.parts import Replayed as Replayed
from worker.jetstream.replays.parts import ReplayParts
from worker.jetstream.replays.parts import StreamReplacedError as StreamReplacedError
from worker.jetstream.replays.parts import check_stream as check_stream
from worker.jetstream.topology.layout import Layout, ensure_claims
from worker.model.clock import Clock
from worker.model.replay import Unknown


@dataclass(frozen=True, slots=True)
class Recovered:
    """What earlier runs had left.

    `finished` has the letters that had been sent and are deleted now; `in_doubt` those that may
    have been sent: replaying such a one finishes or explains it.
    """

    finished: dict[int, Claim]
    in_doubt: dict[int, Claim]


class Replayer:
    """One replay run over the dead letters of a layout found a moment ago.

    Any number of runs may go on at once, on any hosts. Each may be killed at any instant: whoever
    replays next finishes what it left.
    """

    def __init__(
        self,
        api: Api,
        layout: Layout,
        author: Author,
        *,
        clock: Clock,
        step: Step = no_step,
        note: Note | None = None,
    ) -> None:
        """Prepare a run; `note` puts on record what it finishes of interrupted ones."""
        self._api = api
        self._layout = layout
        self._author = author
        self._clock = clock
        self._step = step
        self._note = note

    async def recover(self) -> Recovered:
        """Finish what earlier runs left behind."""
        return await self._recover(await self._parts())

    async def run(
        self,
        sequences: Sequence[int],
        allow: Allow = all_at_once,
        *,
        complete: bool = False,
        edited: Mapping[int, bytes] | None = None,
        unknown: Unknown = "keep",
    ) -> AsyncGenerator[Replayed, None]:
        """Replay these letters and yield the outcome of each, in their order; see `pages`."""
        pages = self.pages(sequences, allow, complete=complete, edited=edited, unknown=unknown)
        async with aclosing(pages):
            async for page in pages:
                for outcome in page:
                    yield outcome

    async def pages(
        self,
        sequences: Sequence[int],
        allow: Allow = all_at_once,
        *,
        complete: bool = False,
        edited: Mapping[int, bytes] | None = None,
        unknown: Unknown = "keep",
    ) -> AsyncGenerator[Sequence[Replayed], None]:
        """Replay these letters and yield the outcome of each, in their order, some at a time.

        Before any are begun, `allow` is asked how many of those left may be. With `complete` the
        caller knows that the letters, ascending, are all that the stream holds up to the last.
        `edited` has, by letter, what is sent in place of its task. `unknown` says what becomes
        of letters of which nobody can tell whether an earlier run sent them.

        Raises:
            StreamReplacedError: their stream was deleted and created anew.
            JetStreamError: the server was away for too long, or refused; the letters not yielded
                are found by whoever replays them next.
        """
        parts = await self._parts()
        parts.edited = edited or {}
        parts.unknown = unknown
        recovered = await parts.patience.repeat(lambda: self._recover(parts))
        await self._step("recovered")
        claimed = ClaimedReplay(parts)
        way: Way = claimed
        if self._layout.atomic_replay:
            way = AtomicReplay(parts, claimed, complete=complete)
        flow = Flow(way, claimed, sequences, allow, self._most_at_once())
        try:
            async for page in flow.pages():
                await self._note_settled(page, recovered.in_doubt)
                if recovered.finished:
                    yield [_told(outcome, recovered) for outcome in page]
                else:
                    yield page
        finally:
            await flow.leave()

    def _most_at_once(self) -> int:
        """Return how many letters are read at once: some megabytes of what they are on average."""
        state = self._layout.dead_letters
        average = state.bytes / state.messages if state.messages else 1.0
        return max(1, min(MAX_LETTERS, int(MAX_BYTES / max(average, 1.0))))

    async def _parts(self) -> ReplayParts:
        patience = Patience(self._api, self._clock)
        home = await patience.repeat(lambda: ensure_claims(self._api, self._layout))
        claims = Claims(self._api, home, self._layout, self._step)
        note = None if self._note is None else move_noter(self._note, self._author.by)
        return ReplayParts(self._api, self._layout, claims, self._author, self._clock, note)

    async def _note_settled(self, page: Sequence[Replayed], in_doubt: Mapping[int, Claim]) -> None:
        """Note the letters that may have been sent by an earlier run, and were by now."""
        if self._note is None or not in_doubt:
            return
        settled: dict[Claim, str] = {}
        for outcome in page:
            claim = in_doubt.get(outcome.sequence)
            # What else is done now somebody else did, who says so.
            if claim is None:
                continue
            if outcome.result == "replayed" or outcome.detail == claim.told:
                settled[claim] = "replayed"
            elif outcome.detail == TAKEN_AS_SENT:
                settled[claim] = "already"
        await note_claims(self._note, self._author.by, settled)

    async def _recover(self, parts: ReplayParts) -> Recovered:
        await finish_standing(parts.moves)
        finished: dict[int, Claim] = {}
        over: list[str] = []
        in_doubt: dict[int, Claim] = {}
        keys = await parts.claims.keys()
        for start in range(0, len(keys), IN_FLIGHT):
            few = keys[start : start + IN_FLIGHT]
            found = await asyncio.gather(*(parts.left_behind(key) for key in few))
            for key, left in zip(few, found, strict=True):
                if left == "over":
                    over.append(key)
                elif left is not None and left.step == "published":
                    finished[left.sequence] = left
                    over.append(key)
                elif left is not None:
                    in_doubt[left.sequence] = left
        if self._note is not None:
            # First, for whoever is killed now leaves it to the next one to say the same.
            sent = dict.fromkeys(finished.values(), "replayed")
            await note_claims(self._note, self._author.by, sent)
        await parts.delete_letters(list(finished))
        await self._step("found")
        if over:
            await parts.claims.remove(over)
        return Recovered(finished, in_doubt)


def _told(outcome: Replayed, recovered: Recovered) -> Replayed:
    claim = recovered.finished.get(outcome.sequence)
    if claim is None or outcome.result != "already":
        return outcome
    return outcome._replace(detail=f"{claim.told}; what was left of it is done now")
