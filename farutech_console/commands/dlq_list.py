"""`farutech-console dlq list`: the dead letters that a selection takes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.output import json_flag
from farutech_console.commands.scan_line import (
    ScanLine,
    limit_words,
    missing_words,
    none_words,
    stopped_words,
)
from farutech_console.commands.selection import selection_flags
from farutech_console.commands.session import EXIT_DONE, run, until_stopped
from farutech_console.operations.letters.records import letter_record
from farutech_console.operations.letters.selection import ScanProgress, Selection
from farutech_console.operations.units import age, short_duration
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags

if TYPE_CHECKING:
    from farutech_console.operations.live.backend import LiveBackend
    from worker.jetstream.dead_letters.lean import LeanLetter

SHOWN_TO_PEOPLE = 100
LINED_UP = 50
HELD_BACK = 0.5
"""Rows, or seconds, that are waited for until it is clear how wide the columns are."""
_TITLES = ("seq", "died", "task", "tenant", "type", "tries", "back", "error")
_WIDTHS = (20, 8, 36, 20, 14, 5, 4, 120)


@click.command("list")
@selection_flags(required=False)
@json_flag
@settings_flags(ConsoleSettings)
def list_letters(*, selection: Selection, as_json: bool, **given: Any) -> None:
    """List the dead letters that match FILTER, newest first, as they are found.

    People get 100 unless --limit says otherwise; --json prints them all.

    Keys of a line: sequence, died_at, task_id, tenant_id, task_type, module_id, error, reason,
    attempts, replays, worker_id, expires_at.
    """
    if selection.limit is None and not as_json:
        selection = replace(selection, limit=SHOWN_TO_PEOPLE)

    async def work(backend: LiveBackend, stop: asyncio.Event) -> int:
        listing = _Listing(backend, selection, as_json=as_json)
        await listing.print(stop)
        return EXIT_DONE

    run(given, work)


class _Listing:
    """Prints letters as they come."""

    def __init__(self, backend: LiveBackend, selection: Selection, *, as_json: bool) -> None:
        self._queue = backend.queue()
        self._selection = selection
        self._as_json = as_json
        self._line = ScanLine(self._queue.clock)
        self._table = output.Table(_TITLES, _WIDTHS)
        self._last = ScanProgress(0, 0, 0)
        self._held: list[tuple[str, ...]] = []
        self._lined_up = False
        self._hold_until = self._queue.clock.monotonic() + HELD_BACK

    async def print(self, stop: asyncio.Event) -> None:
        """Print until all are printed, or it is to stop."""
        from farutech_console.operations.letters.browse import read_selection

        try:
            reading = read_selection(self._queue, self._selection, self._follow)
            async with aclosing(until_stopped(reading, stop)) as pages:
                async for page in pages:
                    self._print_page(page)
        finally:
            self._line.clear()
            self._print_held()
        if stop.is_set():
            output.say(stopped_words(self._last))
        elif not self._as_json:
            self._say_what_else()

    def _follow(self, progress: ScanProgress) -> None:
        self._last = progress
        if self._held and self._is_time():
            self._print_held()
        self._line.read(progress)

    def _print_page(self, page: Sequence[LeanLetter]) -> None:
        self._line.clear()
        if self._as_json:
            output.json_lines(letter_record(letter) for letter in page)
            return
        now = self._queue.clock.now()
        self._held += [_row(letter, now) for letter in page]
        if self._lined_up or len(self._held) >= LINED_UP or self._is_time():
            self._print_held()

    def _is_time(self) -> bool:
        """Whether rows were held back for long enough to see how wide they are."""
        return self._queue.clock.monotonic() >= self._hold_until

    def _print_held(self) -> None:
        if self._held:
            self._line.clear()
            self._lined_up = True
            self._table.print(self._held)
            self._held = []

    def _say_what_else(self) -> None:
        last, named = self._last, len(self._selection.sequences)
        if not last.matched:
            output.say(none_words(self._selection, last))
        elif last.matched == self._selection.limit and last.scanned < last.depth:
            output.say(limit_words(self._selection, last))
        elif last.scanned < named:
            output.say(f"{missing_words(named - last.scanned)}.")


def _row(letter: LeanLetter, now: datetime) -> tuple[str, ...]:
    return (
        str(letter.sequence),
        short_duration(age(letter.died_at, now)),
        letter.task_id or "not a task",
        letter.tenant_id,
        letter.task_type,
        str(letter.attempts),
        str(letter.replays or ""),
        letter.error,
    )
