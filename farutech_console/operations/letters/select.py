"""Reading the dead letters that a selection takes, some at a time, as they are found."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import datetime

from farutech_console.operations.filter.bounds import sequence_bounds
from farutech_console.operations.filter.evaluate import predicate
from farutech_console.operations.letters.selection import ScanProgress, Selection, no_progress
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.dead_letters.lean import LeanLetter


async def select(
    letters: DeadLetters,
    selection: Selection,
    now: datetime,
    progress: Callable[[ScanProgress], None] = no_progress,
) -> AsyncGenerator[Sequence[LeanLetter], None]:
    """Yield the letters that a selection takes, in its order, as they are found.

    What comes after it began is not in it. Ages are as they are at `now`. `progress` is told after
    each few hundred letters, and what matches of them yielded, even if it is none: closing the
    generator ends it.

    Raises:
        JetStreamError: the server could not be asked.
    """
    matches = predicate(selection.filter, now)
    pages, depth = await _pages(letters, selection)
    scanned = matched = 0
    progress(ScanProgress(0, 0, depth))
    async with aclosing(pages):
        async for page in pages:
            found = [letter for letter in page if matches(letter)]
            looked_at = len(page)
            if selection.limit and matched + len(found) >= selection.limit:
                found = found[: selection.limit - matched]
                looked_at = page.index(found[-1]) + 1
            scanned += looked_at
            matched += len(found)
            progress(ScanProgress(scanned, matched, max(depth, scanned)))
            yield found
            if selection.limit and matched >= selection.limit:
                return


async def _pages(
    letters: DeadLetters, selection: Selection
) -> tuple[AsyncGenerator[Sequence[LeanLetter], None], int]:
    newest_first = selection.order == "newest"
    if selection.sequences:
        wanted = selection.sequences
        return letters.named(wanted, newest_first=newest_first), len(wanted)
    extent = await letters.extent()
    low, high = sequence_bounds(selection.filter)
    first = extent.first_sequence if low is None else max(low, extent.first_sequence)
    last = extent.last_sequence if high is None else min(high, extent.last_sequence)
    depth = min(extent.depth, max(last - first + 1, 0))
    return letters.skim(first, last, extent, newest_first=newest_first), depth
