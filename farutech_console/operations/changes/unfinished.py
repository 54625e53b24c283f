"""What a killed console or server left between two steps, found and finished at the next start."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from farutech_console.language import tr, trn
from farutech_console.operations.changes.plan import make_plan
from farutech_console.operations.changes.run_plan import run_plan
from farutech_console.operations.changes.tools import mover, replayer
from farutech_console.operations.model import Outcome, Plan
from farutech_console.operations.queue import Queue
from farutech_console.operations.units import count
from worker.jetstream.info import stream_of_subject
from worker.jetstream.messages import IN_FLIGHT
from worker.jetstream.moves.archive import Archive
from worker.jetstream.moves.finishings import NO_RUN
from worker.jetstream.moves.intentions import Intention, Intentions
from worker.jetstream.moves.moves import finish_standing
from worker.jetstream.replays.claims import Author, Claim, Claims
from worker.jetstream.replays.edits import is_cut_off_edit
from worker.jetstream.topology.layout import Layout

SETTLES = 1.0
"""Seconds in which who lives goes on by themselves: what stands for longer was left."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Finished:
    """What was left, and what became of it.

    `move` is the purge or return that was carried out; `began` who had begun the replays whose
    letters have `outcomes` now. `in_doubt` are letters of which nobody can tell whether their tasks
    were sent, `edits` those that were being replayed with another task, which nobody has any more:
    both stay as they are, for an operator to decide.
    """

    move: Intention | None = None
    began: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    in_doubt: tuple[int, ...] = ()
    edits: tuple[int, ...] = ()

    def told(self) -> list[str]:
        """Return it in words, a sentence a line; nothing where nothing was left."""
        return [*self._moved(), *self._replayed(), *self._left()]

    def _moved(self) -> list[str]:
        move = self.move
        if move is None:
            return []
        letters = trn(
            "{n} dead letter",
            "{n} dead letters",
            len(move.sequences),
            n=count(len(move.sequences)),
        )
        if move.kind == "purge":
            told = tr(
                "Finished an interrupted purge by {who}: {letters}.", who=move.by, letters=letters
            )
        else:
            told = tr(
                "Finished an interrupted undo or import by {who}: {letters}.",
                who=move.by,
                letters=letters,
            )
        return [told]

    def _replayed(self) -> list[str]:
        counts = Counter(one.outcome for one in self.outcomes)
        done = counts["replayed"] + counts["already"]
        lines = []
        if done:
            told = tr(
                "Finished an interrupted replay by {who}: {sent} had been sent before, "
                "{now} were sent now.",
                who=", ".join(self.began),
                sent=count(counts["already"]),
                now=count(counts["replayed"]),
            )
            lines.append(told)
        trouble = [one for one in self.outcomes if one.outcome in ("failed", "unknown")]
        if trouble:
            told = trn(
                "{n} letter of an interrupted replay could not be finished: {why}.",
                "{n} letters of an interrupted replay could not be finished: {why}.",
                len(trouble),
                n=count(len(trouble)),
                why=trouble[0].detail,
            )
            lines.append(told)
        return lines

    def _left(self) -> list[str]:
        lines = []
        if self.in_doubt:
            told = trn(
                "Of {n} letter nobody can tell whether an interrupted replay sent it ({which}): "
                "farutech-console dlq replay --help says how to settle it, under --unknown.",
                "Of {n} letters nobody can tell whether an interrupted replay sent them ({which}): "
                "farutech-console dlq replay --help says how to settle it, under --unknown.",
                len(self.in_doubt),
                n=count(len(self.in_doubt)),
                which=_named(self.in_doubt),
            )
            lines.append(told)
        if self.edits:
            told = trn(
                "The edit of {n} letter was interrupted, perhaps before it was sent ({which}): "
                "edit it again.",
                "The edits of {n} letters were interrupted, perhaps before they were sent "
                "({which}): edit them again.",
                len(self.edits),
                n=count(len(self.edits)),
                which=_named(self.edits),
            )
            lines.append(told)
        return lines


@dataclass(frozen=True, slots=True)
class _Left:
    """What stands: an intention in this version, and claims."""

    version: int = 0
    keys: frozenset[str] = frozenset()


async def finish_interrupted(queue: Queue, settles: float = SETTLES) -> Finished:
    """Finish what earlier runs of anyone left; what nobody can tell of stays as it is.

    Takes three requests where nothing is left. What is seen is looked at again after `settles`
    seconds: whoever is at work just now is let be.

    Raises:
        ReadOnlyError: the console may not change anything.
        JetStreamError: the server was away, or refused; what is left is there for the next start.
    """
    queue.guard("replay")
    seen = await _left(queue)
    if not (seen.version or seen.keys):
        return Finished()
    await asyncio.sleep(settles)
    now = await _left(queue)
    layout = await queue.fresh_layout()
    move = None
    if now.version and now.version == seen.version:
        move = await finish_standing(mover(queue, layout))
    keys = seen.keys & now.keys
    return await _finish_replays(queue, layout, move, keys) if keys else Finished(move)


async def _left(queue: Queue) -> _Left:
    standing = await Intentions(queue.api, queue.names).standing()
    version = standing.version if standing.intention is not None else 0
    home = await stream_of_subject(queue.api, queue.names.replays)
    if home is None:
        return _Left(version)
    claims = Claims(queue.api, home, await queue.layout())
    return _Left(version, frozenset(await claims.keys()))


async def _finish_replays(
    queue: Queue, layout: Layout, move: Intention | None, keys: frozenset[str]
) -> Finished:
    claims = {one.sequence: one for one in await _claims(queue, layout, keys)}
    which, in_doubt, edits = await _told_apart(queue, layout, claims)
    if not which:
        # Claims on letters that are gone are in nobody's way, and need not be told.
        await replayer(queue, layout, Author(queue.operator, NO_RUN)).recover()
        return Finished(move, in_doubt=in_doubt, edits=edits)
    began = tuple(sorted({claims[n].by for n in which}))
    plan = await _planned(queue, layout, which)
    why = tr("finishes an interrupted replay by {who}", who=", ".join(began))
    outcomes = tuple([one async for one in run_plan(queue, plan, why=why)])
    return Finished(move, began, outcomes, in_doubt, edits)


_Sequences = tuple[int, ...]


async def _told_apart(
    queue: Queue, layout: Layout, claims: Mapping[int, Claim]
) -> tuple[_Sequences, _Sequences, _Sequences]:
    """Return the letters of claims that can be finished, are in doubt, or were to be edited."""
    if not claims:
        return (), (), ()
    there = await _planned(queue, layout, claims)
    archive = Archive(queue.api, queue.names)
    edits = {n for n in there.sequences if await is_cut_off_edit(archive, claims[n])}
    in_doubt = {one.sequence for one in there.in_doubt} - edits
    which = set(there.sequences) - edits - in_doubt
    return _sorted(which), _sorted(in_doubt), _sorted(edits)


def _sorted(sequences: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(sequences))


async def _planned(queue: Queue, layout: Layout, sequences: Iterable[int]) -> Plan:
    """Return the plan to replay these letters, of which there is one at least."""
    wanted = _sorted(sequences)
    return await make_plan(queue.api, layout, "replay", wanted, clock=queue.clock)


async def _claims(queue: Queue, layout: Layout, keys: Iterable[str]) -> list[Claim]:
    """Return the claims of these keys that are of this life of the letters' stream."""
    home = await stream_of_subject(queue.api, queue.names.replays)
    if home is None:
        return []
    claims = Claims(queue.api, home, layout)
    mine = sorted(n for key in keys if (n := claims.sequence_of(key)) is not None)
    found: list[Claim] = []
    for start in range(0, len(mine), IN_FLIGHT):
        few = await asyncio.gather(*(claims.find(one) for one in mine[start : start + IN_FLIGHT]))
        found += [claim for claim in few if claim is not None]
    return found


def _named(sequences: Sequence[int]) -> str:
    shown = ", ".join(str(one) for one in sequences[:_NAMED])
    return f"{shown}, …" if len(sequences) > _NAMED else shown
