"""The letters that a selection takes, read once, oldest first, and what they are like together."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from farutech_console.operations.letters.select import select
from farutech_console.operations.letters.selection import ScanProgress, Selection, no_progress
from farutech_console.operations.model import MOST_NAMED
from worker.jetstream.api import Api
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.dead_letters.lean import LeanLetter
from worker.jetstream.topology.layout import Layout

EXPIRES_SOON = timedelta(hours=1)


@dataclass
class Summary:
    """What the letters of a plan are like together, as they are read."""

    soon: datetime
    sequences: array[int] = field(default_factory=lambda: array("Q"))
    task_ids: list[str] = field(default_factory=list)
    tenants: Counter[str] = field(default_factory=Counter)
    task_types: Counter[str] = field(default_factory=Counter)
    came_back: Counter[int] = field(default_factory=Counter)
    stuck: list[int] = field(default_factory=list)
    expiring: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    complete: bool = False

    def add(self, letter: LeanLetter) -> None:
        """Take one letter in."""
        died_at = letter.died_at
        self.sequences.append(letter.sequence)
        if len(self.task_ids) <= MOST_NAMED:
            self.task_ids.append(letter.task_id)
        self.tenants[letter.tenant_id] += 1
        self.task_types[letter.task_type] += 1
        if self.oldest_at is None or died_at < self.oldest_at:
            self.oldest_at = died_at
        if self.newest_at is None or died_at > self.newest_at:
            self.newest_at = died_at
        if replays := letter.replays:
            self.came_back[replays] += 1
        if letter.reason == "stuck":
            self.stuck.append(letter.sequence)
        if letter.expires_at is not None and letter.expires_at <= self.soon:
            self.expiring += 1

    def ascend(self) -> None:
        """Put the oldest first."""
        if len(self.sequences) > 1 and self.sequences[0] > self.sequences[-1]:
            self.sequences.reverse()
            self.task_ids.reverse()
            self.stuck.reverse()


async def summarize(
    api: Api,
    layout: Layout,
    selection: Selection,
    now: datetime,
    progress: Callable[[ScanProgress], None] = no_progress,
) -> Summary:
    """Read the letters that the selection takes; `progress` is told how far that is.

    Raises:
        JetStreamError: the server could not be asked.
    """
    if not selection.limit:
        selection = replace(selection, order="oldest")
    summary = Summary(soon=now + EXPIRES_SOON)
    async with aclosing(select(DeadLetters(api, layout), selection, now, progress)) as pages:
        async for page in pages:
            for letter in page:
                summary.add(letter)
    narrowed = selection.filter or selection.sequences
    summary.complete = not narrowed and selection.order == "oldest"
    summary.ascend()
    return summary
