"""The letters that a selection takes, read once, oldest first, and what they are like together."""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from farutech_console.operations.filter.evaluate import predicate
from farutech_console.operations.model import MOST_NAMED
from farutech_console.operations.selection import Selection
from worker.jetstream.api import Api
from worker.jetstream.dead_letters import DeadLetters
from worker.jetstream.dead_letters_lean import LeanLetter
from worker.jetstream.messages import IN_FLIGHT, message_at
from worker.jetstream.topology import Layout

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


async def summarize(api: Api, layout: Layout, selection: Selection, now: datetime) -> Summary:
    """Read the letters that the selection takes.

    Raises:
        JetStreamError: the server could not be asked.
    """
    letters = DeadLetters(api, layout)
    matches = predicate(selection.filter, now)
    summary = Summary(soon=now + EXPIRES_SOON)
    # All of them are read from the oldest on: then it is known that there are no others.
    newest_first = selection.order == "newest" and bool(selection.limit)
    passed_over = 0
    pages = _named(api, layout, selection, newest_first=newest_first)
    if not selection.sequences:
        extent = await letters.extent()
        pages = letters.skim(1, extent.last_sequence, extent, newest_first=newest_first)
    async with aclosing(pages):
        async for page in pages:
            for letter in page:
                if not matches(letter):
                    passed_over += 1
                elif selection.limit and len(summary.sequences) == selection.limit:
                    break
                else:
                    summary.add(letter)
            if selection.limit and len(summary.sequences) == selection.limit:
                break
    summary.complete = not (passed_over or newest_first or selection.sequences)
    summary.ascend()
    return summary


async def _named(
    api: Api, layout: Layout, selection: Selection, *, newest_first: bool
) -> AsyncGenerator[Sequence[LeanLetter], None]:
    home = layout.dead_letters
    max_age = None if home.max_age is None else timedelta(seconds=home.max_age)
    wanted: Sequence[int] = sorted(set(selection.sequences), reverse=newest_first)
    for start in range(0, len(wanted), IN_FLIGHT):
        few = wanted[start : start + IN_FLIGHT]
        found = await asyncio.gather(*(message_at(api, home.name, one) for one in few))
        yield [
            LeanLetter(message, max_age)
            for message in found
            if message is not None and message.subject == layout.names.dlq
        ]
