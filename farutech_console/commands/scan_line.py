"""How far a scan of dead letters is, in one line on a terminal; nothing at all in a pipe."""

from __future__ import annotations

from farutech_console.commands.foot_line import FootLine
from farutech_console.operations.filter.looser import looser
from farutech_console.operations.letters.how_far import HowFar
from farutech_console.operations.letters.selection import ScanProgress, Selection
from farutech_console.operations.units import duration
from worker.model.clock import Clock
from worker.model.text import literal

FIRST_AFTER = 0.5
"""Seconds before the line first shows: what is quick needs none."""
EVERY = 0.1
"""Seconds between two showings."""


class ScanLine:
    """The line at the foot of the terminal while letters are read."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._line = FootLine()
        self.last = ScanProgress(0, 0, 0)
        self._far = HowFar(clock)
        self._next = clock.monotonic() + FIRST_AFTER

    def read(self, progress: ScanProgress) -> None:
        """Show how far the reading is, if it is time again."""
        now = self._clock.monotonic()
        self.last = progress
        self._far.tell(progress)
        if self._line.on_terminal and now >= self._next:
            self._next = now + EVERY
            words = scan_words(progress, self._far)
            self._line.draw(literal(words, self._line.width))

    def clear(self) -> None:
        """Take the line away: something else is to be printed."""
        self._line.clear()


def scan_words(progress: ScanProgress, far: HowFar) -> str:
    """Return how far a scan is, and how long it still takes."""
    words = f"{progress.scanned:,} of {progress.depth:,} read"
    if progress.matched != progress.scanned:
        words += f", {progress.matched:,} match"
    if far.left is not None:
        words += f", {far.rate:,.0f}/s, {duration(far.left)} left"
    return words


def none_words(selection: Selection, last: ScanProgress) -> str:
    """Return why a selection took no letter, and what may have been meant."""
    if not last.depth:
        return "No dead letter matches." if selection.filter else "No dead letters."
    if selection.sequences and not last.scanned:
        return f"{missing_words(len(selection.sequences))}."
    words = f"None of {last.scanned:,} dead letters matches."
    if (meant := looser(selection.filter)) is not None:
        words += f" A value after : is the whole text; {meant} looks for a part of it."
    return words


def stopped_words(last: ScanProgress) -> str:
    """Return how far the reading was when it was stopped."""
    return f"Stopped after {last.scanned:,} of {last.depth:,} letters were read."


def missing_words(count: int) -> str:
    """Return that so many letters that were named are not there."""
    those = "The letter that was named is" if count == 1 else f"{count:,} that were named are"
    return f"{those} not there: replayed, purged or expired"


def limit_words(selection: Selection, last: ScanProgress) -> str:
    """Return that there may be more than a selection's limit let pass."""
    which = f"The {selection.order} {last.matched:,}"
    if not selection.filter:
        return f"{which} of {last.depth:,}; --limit 0 lists them all."
    looked_at = f"{last.scanned:,} of {last.depth:,} letters were looked at"
    return f"{which} that match: {looked_at}; --limit 0 lists all that do."
