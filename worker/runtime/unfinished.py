"""What killed consoles and workers left: replays between two steps, bodies without a letter."""

from __future__ import annotations

from collections.abc import Mapping

from worker.jetstream.api import Api
from worker.jetstream.dead_letters.orphans import Orphans
from worker.jetstream.info import stream_of_subject
from worker.jetstream.messages import next_message
from worker.jetstream.moves.archive import Archive
from worker.jetstream.moves.finishings import NO_RUN
from worker.jetstream.replays.claims import Author, Claim
from worker.jetstream.replays.edits import is_cut_off_edit
from worker.jetstream.replays.fences import is_fence
from worker.jetstream.replays.replayer import Replayer
from worker.jetstream.topology.layout import discover
from worker.model.names import QueueNames
from worker.model.surroundings import Surroundings
from worker.runtime.records import Records

EVERY = 3600.0
"""Seconds between two looks for bodies without a letter: longer than any letter takes to move."""


class UnfinishedReplays:
    """Finishes replays whose console is gone.

    A letter whose task went back already is deleted. One whose task may have gone is sent again
    where that cannot store it twice; where nobody can tell any more it stays, for an operator to
    decide, and so does one that was being replayed with another task. Where no stream takes claims,
    nobody replayed, and none is made.
    """

    name = "unfinished replays"

    def __init__(
        self, api: Api, names: QueueNames, worker_id: str, records: Records, around: Surroundings
    ) -> None:
        """Describe the work; `around` has monotonic time, and a log of what was finished."""
        self._api = api
        self._names = names
        # Another's claim must never be taken for ours, whoever left it.
        self._author = Author(worker_id, f"{NO_RUN}-{around.random.getrandbits(64):016x}")
        self._records = records
        self._clock = around.clock
        self._log = around.log
        self._seen = 0
        self._in_doubt: Mapping[int, Claim] = {}
        self._tried: frozenset[Claim] = frozenset()

    async def look(self) -> bool:
        """Finish what is left of claims that an earlier look saw: who lives removes them by then.

        Raises:
            JetStreamError: it was cut short; the next look goes on.
        """
        home = await stream_of_subject(self._api, self._names.replays)
        oldest = 0 if home is None else await self._oldest_claim(home)
        if not oldest or oldest != self._seen:
            self._seen = oldest
            return oldest > 0
        return await self._finish()

    async def _oldest_claim(self, home: str) -> int:
        """Return the sequence of the oldest claim, 0 for none."""
        sequence = 1
        while message := await next_message(self._api, home, self._names.replays, sequence):
            if not is_fence(message.subject):
                return message.sequence
            sequence = message.sequence + 1
        return 0

    async def _finish(self) -> bool:
        layout = await discover(self._api, self._names)
        note = self._records.note
        replayer = Replayer(self._api, layout, self._author, clock=self._clock, note=note)
        left = await replayer.recover()
        for sequence, claim in left.finished.items():
            self._log.info("replay.finished", dead_letter=sequence, why=claim.told)
        before, self._in_doubt = self._in_doubt, left.in_doubt
        again = {n: claim for n, claim in left.in_doubt.items() if before.get(n) == claim}
        if not self._tried.issuperset(again.values()):
            # Once for each: what nobody can tell now, nobody can tell later.
            self._tried = frozenset(again.values())
            await self._send_again(replayer, again)
        return len(again) < len(left.in_doubt)

    async def _send_again(self, replayer: Replayer, claims: Mapping[int, Claim]) -> None:
        archive = Archive(self._api, self._names)
        which = [n for n, claim in claims.items() if not await is_cut_off_edit(archive, claim)]
        kept = len(claims) - len(which)
        async for outcome in replayer.run(sorted(which)):
            if outcome.result in ("replayed", "already"):
                why = outcome.detail or claims[outcome.sequence].told
                self._log.info("replay.finished", dead_letter=outcome.sequence, why=why)
            else:
                kept += 1
        if kept:
            self._log.warning(
                "replay.in_doubt",
                dead_letters=kept,
                hint="farutech-console dlq replay tells of each, and what can be done",
            )


class UnnamedBodies:
    """Clears the object store of what no dead letter needs any more, now and then."""

    name = "unnamed bodies"

    def __init__(self, orphans: Orphans, around: Surroundings, every: float = EVERY) -> None:
        """Describe the work.

        Args:
            orphans: Finds and removes them.
            around: Monotonic time, and a log of what was removed.
            every: Seconds between two looks; what two found goes.
        """
        self._orphans = orphans
        self._clock = around.clock
        self._log = around.log
        self._every = every
        self._due = 0.0

    async def look(self) -> bool:
        """Look where it is time to.

        Raises:
            JetStreamError: it was cut short; the next look goes on.
        """
        now = self._clock.monotonic()
        if now >= self._due:
            for name in await self._orphans.remove():
                self._log.info("body.removed", object=name)
            self._due = now + self._every
        return False
