"""Replay of dead letters: each task goes back once, and no letter is deleted before it has."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace

from worker.jetstream.api import Api
from worker.jetstream.errors import JetStreamError
from worker.jetstream.info import stream_state
from worker.jetstream.messages import message_at
from worker.jetstream.patience import Patience
from worker.jetstream.replays_atomic import MAX_LETTERS, AtomicReplay, NotAtomicError
from worker.jetstream.replays_claimed import ClaimedReplay
from worker.jetstream.replays_claims import Author, Claim, Claims, Step, no_step
from worker.jetstream.replays_parts import Replayed as Replayed
from worker.jetstream.replays_parts import ReplayParts
from worker.jetstream.topology import Layout, ensure_claims
from worker.model.clock import Clock
from worker.model.state import StreamState


class StreamReplacedError(JetStreamError):
    """The stream of dead letters is another than the one that was looked at."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What earlier runs had left.

    `finished` has the letters that had been sent and are deleted now; `in_doubt` counts the claims
    that need a look at their letter: replaying it finishes or explains them.
    """

    finished: dict[int, Claim]
    in_doubt: int


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
    ) -> None:
        self._api = api
        self._layout = layout
        self._author = author
        self._clock = clock
        self._step = step

    async def recover(self) -> Recovered:
        """Finish what earlier runs left behind."""
        return await self._recover(await self._parts())

    async def run(
        self, sequences: Sequence[int], stop: asyncio.Event | None = None
    ) -> AsyncGenerator[Replayed, None]:
        """Replay these letters, a hundred at a time, and yield the outcome of each.

        Once `stop` is set no more are begun; those in hand are finished, and yielded.

        Raises:
            StreamReplacedError: their stream was deleted and created anew.
            UnreachableError: the server was away for too long; the letters not yielded were not
                touched.
        """
        parts = await self._parts()
        recovered = await parts.patience.repeat(lambda: self._recover(parts))
        await self._step("recovered")
        home = self._layout.dead_letters
        claimed = ClaimedReplay(parts)
        protocol: AtomicReplay | ClaimedReplay = claimed
        if self._layout.atomic_replay:
            protocol = AtomicReplay(parts, claimed)
        try:
            for start in range(0, len(sequences), MAX_LETTERS):
                if stop is not None and stop.is_set():
                    return
                few = sequences[start : start + MAX_LETTERS]
                await parts.patience.repeat(lambda: check_stream(self._api, home))
                try:
                    outcomes = await protocol.replay(few)
                except NotAtomicError:
                    protocol = claimed
                    outcomes = await protocol.replay(few)
                for sequence in few:
                    yield _told(outcomes[sequence], recovered)
        finally:
            # What stays is harmless: the next run removes it.
            with contextlib.suppress(JetStreamError):
                await protocol.release()

    async def _parts(self) -> ReplayParts:
        patience = Patience(self._api, self._clock)
        home = await patience.repeat(lambda: ensure_claims(self._api, self._layout))
        claims = Claims(self._api, home, self._layout, self._step)
        return ReplayParts(self._api, self._layout, claims, self._author, self._clock, self._step)

    async def _recover(self, parts: ReplayParts) -> Recovered:
        finished: dict[int, Claim] = {}
        over: list[str] = []
        in_doubt = 0
        stream = self._layout.dead_letters.name
        for claim in await parts.claims.all():
            sequence = parts.claims.sequence_of(claim)
            if sequence is None or await message_at(self._api, stream, sequence) is None:
                over.append(claim.key)
            elif claim.step == "published":
                await parts.delete_letters([sequence])
                finished[sequence] = claim
                over.append(claim.key)
            else:
                in_doubt += 1
        await self._step("found")
        if over:
            await parts.claims.remove(over)
        return Recovered(finished, in_doubt)


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


def _told(outcome: Replayed, recovered: Recovered) -> Replayed:
    claim = recovered.finished.get(outcome.sequence)
    if claim is None or outcome.result != "already":
        return outcome
    return replace(outcome, detail=f"{claim.told}; what was left of it is done now")
