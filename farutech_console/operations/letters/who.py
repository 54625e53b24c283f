"""Who dealt with a letter that is gone: as the audit tells it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from farutech_console.language import msg, tr
from farutech_console.operations.audit.log import AuditEntry, read_audit
from farutech_console.operations.queue import Queue
from farutech_console.operations.units import short_time
from worker.jetstream.errors import JetStreamError

ASK_AGAIN = 2.0
"""Seconds before the audit is read again for a letter that it did not name."""
MOST_CHANGES = 200
"""Changes that are looked through, the latest first."""

_RUN = re.compile(r"(\d{1,19})(?:-(\d{1,19}))?")
_DID = {
    "replay": msg("replayed"),
    "resolve_unknown": msg("settled"),
    "edit": msg("edited and replayed"),
    "purge": msg("purged"),
    "purge_hard": msg("purged for good"),
}


@dataclass(frozen=True, slots=True)
class _Change:
    entry: AuditEntry
    firsts: Sequence[int]
    lasts: Sequence[int]

    def names(self, sequence: int) -> bool:
        at = bisect_right(self.firsts, sequence) - 1
        return at >= 0 and sequence <= self.lasts[at]


class Who:
    """Tells who dealt with letters of one life of their stream, other than the run `own`."""

    def __init__(self, queue: Queue, generation: str, own: str) -> None:
        self._queue = queue
        self._generation = generation
        self._own = own
        self._changes: list[_Change] = []
        self._asked: float | None = None

    async def told(self, sequence: int) -> str:
        """Return who did what to a letter and when, empty where the audit does not tell."""
        change = self._find(sequence)
        if change is None and self._may_ask():
            await self._ask()
            change = self._find(sequence)
        if change is None:
            return ""
        entry = change.entry
        # Not how long ago: outcomes are read long after.
        time = short_time(entry.ended_at or entry.began_at, self._queue.clock.now())
        return tr("{what} by {who}, {time}", what=tr(_DID[entry.action]), who=entry.by, time=time)

    def _find(self, sequence: int) -> _Change | None:
        return next((change for change in self._changes if change.names(sequence)), None)

    def _may_ask(self) -> bool:
        now = self._queue.clock.monotonic()
        return self._asked is None or now - self._asked >= ASK_AGAIN

    async def _ask(self) -> None:
        """Read the audit; that it cannot be read is no reason to fail."""
        self._asked = self._queue.clock.monotonic()
        found: list[_Change] = []
        try:
            async with aclosing(read_audit(self._queue)) as entries:
                async for entry in entries:
                    if self._concerns(entry):
                        found.append(_change(entry))
                    if len(found) == MOST_CHANGES:
                        break
        except JetStreamError:
            return
        self._changes = found

    def _concerns(self, entry: AuditEntry) -> bool:
        ours = entry.generation == self._generation and entry.id != self._own
        return ours and entry.action in _DID


def _change(entry: AuditEntry) -> _Change:
    firsts, lasts = [], []
    for part in entry.sequences.split(","):
        match = _RUN.fullmatch(part)
        if match is not None:
            firsts.append(int(match[1]))
            lasts.append(int(match[2] or match[1]))
    return _Change(entry, firsts, lasts)
