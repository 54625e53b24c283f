"""The dead letters of a queue as a screen or a command reads them: pages, selections, causes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from farutech_console.operations.causes.causes import CauseGroup, Causes
from farutech_console.operations.filter.model import ALL, And, Comparison, Filter, Number
from farutech_console.operations.letters.select import select
from farutech_console.operations.letters.selection import ScanProgress, Selection, no_progress
from farutech_console.operations.model import Page
from farutech_console.operations.queue import Queue
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.dead_letters.lean import LeanLetter


@dataclass(frozen=True, slots=True)
class Groups:
    """The causes of the letters of a selection, those of most letters first, and how many all are.

    `scanned` letters were looked at, `matched` of them are in the groups.
    """

    groups: tuple[CauseGroup, ...]
    scanned: int
    matched: int


async def letters_of(queue: Queue) -> DeadLetters:
    """Return what reads the queue's dead letters."""
    return DeadLetters(queue.api, await queue.layout())


async def read_selection(
    queue: Queue, selection: Selection, progress: Callable[[ScanProgress], None] = no_progress
) -> AsyncGenerator[Sequence[LeanLetter], None]:
    """Yield the letters of a selection as they are found; see `select`."""
    pages = select(await letters_of(queue), selection, queue.clock.now(), progress)
    async with aclosing(pages):
        async for page in pages:
            yield page


async def read_page(queue: Queue, limit: int, before: int | None, wanted: Filter = ALL) -> Page:
    """Return the newest letters that match, at most `limit`, of sequences below `before`.

    The page's depth is that of all letters. Where few match, many have to be read: cancel it then.
    """
    letters = await letters_of(queue)
    depth = (await letters.extent()).depth
    if not wanted:
        found = await letters.newest(limit + 1, before)
        return Page(tuple(found[:limit]), depth, more=len(found) > limit)
    selection = Selection(below(wanted, before), limit=limit + 1)
    matching: list[LeanLetter] = []
    async with aclosing(select(letters, selection, queue.clock.now())) as pages:
        async for page in pages:
            matching += page
    shown = tuple(letter.stored() for letter in matching[:limit])
    return Page(shown, depth, more=len(matching) > limit)


async def read_groups(
    queue: Queue,
    selection: Selection,
    progress: Callable[[ScanProgress], None] = no_progress,
    among: int = 0,
) -> Groups:
    """Return the causes of the letters of a selection; reads all of them once.

    Of the first few hundred beyond `among` letters none is looked at any more, unless that is 0.
    """
    causes = Causes()
    last = ScanProgress(0, 0, 0)

    def follow(now: ScanProgress) -> None:
        nonlocal last
        last = now
        progress(now)

    async with aclosing(read_selection(queue, selection, follow)) as pages:
        async for page in pages:
            for letter in page:
                causes.add(letter)
            if among and last.scanned >= among:
                break
    return Groups(tuple(causes.ranked()), last.scanned, last.matched)


def below(wanted: Filter, before: int | None) -> Filter:
    """Return the filter for sequences below `before` only, the same one where that is None."""
    if before is None:
        return wanted
    bound = Comparison("seq", "", "<", (Number(before),))
    return Filter(bound if wanted.expression is None else And((bound, wanted.expression)))
