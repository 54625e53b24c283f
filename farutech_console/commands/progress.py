"""One line that tells a person how far it is, on a terminal; nothing at all in a pipe."""

from __future__ import annotations

import sys

import click
import humanize

from farutech_console.operations.selection import ScanProgress
from worker.model.clock import Clock

FIRST_AFTER = 0.5
"""Seconds before the line first shows: what is quick needs none."""
EVERY = 0.1
"""Seconds between two showings."""
_CLEAR = "\r\x1b[K"


class ProgressLine:
    """Shows progress on standard error, in one line that is written over again and again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._next = self._began + FIRST_AFTER
        self._on_terminal = sys.stderr.isatty()
        self._shown = False

    def show(self, words: str) -> None:
        """Show these words now, if it is time again."""
        if not self._on_terminal or self._clock.monotonic() < self._next:
            return
        self._next = self._clock.monotonic() + EVERY
        self._shown = True
        click.echo(f"{_CLEAR}{words}", nl=False, err=True)

    def clear(self) -> None:
        """Take the line away: something else is to be printed."""
        if self._shown:
            click.echo(_CLEAR, nl=False, err=True)
            self._shown = False

    def read(self, progress: ScanProgress) -> None:
        """Show how far the reading of letters is."""
        if not self._on_terminal:
            return
        seconds = max(self._clock.monotonic() - self._began, 0.001)
        rate = progress.scanned / seconds
        words = f"{progress.scanned:,} of {progress.depth:,} read"
        if progress.matched != progress.scanned:
            words += f", {progress.matched:,} match"
        left = progress.depth - progress.scanned
        if rate and left:
            words += f", {rate:,.0f}/s, {humanize.naturaldelta(left / rate)} left"
        self.show(words)
