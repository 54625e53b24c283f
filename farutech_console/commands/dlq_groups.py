"""`farutech-console dlq groups`: what the dead letters died of."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.output import json_flag
from farutech_console.commands.scan_line import ScanLine, none_words, stopped_words
from farutech_console.commands.selection import selection_flags
from farutech_console.commands.session import EXIT_DONE, run, until_stopped
from farutech_console.operations.causes.causes import CauseGroup, Causes
from farutech_console.operations.letters.records import group_record
from farutech_console.operations.letters.selection import ScanProgress, Selection
from farutech_console.operations.units import age, short_duration
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.live.backend import LiveBackend

SHOWN_TO_PEOPLE = 30
_TITLES = ("letters", "share", "tenants", "first", "last", "key", "cause")
_WIDTHS = (11, 6, 9, 8, 8, 10, 120)


@click.command("groups")
@selection_flags(required=False)
@click.option("--top", type=click.IntRange(min=0), help="At most this many groups, 0 for all.")
@json_flag
@settings_flags(ConsoleSettings)
def groups(
    *,
    selection: Selection,
    top: int | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Group the dead letters that match FILTER by cause, the most frequent first.

    A cause is the error with ids, numbers, times, addresses and quoted values masked. Its key
    finds its letters: farutech-console dlq list cause:KEY. People get 30 groups unless --top says
    otherwise; --json prints them all.

    Keys of a line: cause, error_type, text, count, share (of all that match, 0 to 1), first_seen,
    last_seen, tenants (how many), more_tenants (true where that is only a lower bound),
    top_tenants, sample (the sequence of the newest), address (that most of them name, empty for
    none), note (cause, text, by, at; null for none).
    """
    most = top if top is not None else (0 if as_json else SHOWN_TO_PEOPLE)

    async def work(backend: LiveBackend, stop: asyncio.Event) -> int:
        causes, scanned = await _read(backend, selection, stop)
        ranked = causes.ranked()
        shown = ranked[:most] if most else ranked
        notes = await _notes(backend)
        if as_json:
            output.json_lines(
                group_record(group) | {"note": notes.get(group.cause.key)} for group in shown
            )
            return EXIT_DONE
        if not shown:
            output.say(stopped_words(scanned) if stop.is_set() else none_words(selection, scanned))
            return EXIT_DONE
        _print(shown, backend)
        _print_notes(shown, notes)
        if stop.is_set():
            output.say(f"Of the {causes.count:,} letters that were read before it was stopped.")
        elif len(shown) < len(ranked):
            output.say(f"The {len(shown)} largest of {len(ranked):,} groups; --top 0 for all.")
        return EXIT_DONE

    run(given, work)


async def _read(
    backend: LiveBackend, selection: Selection, stop: asyncio.Event
) -> tuple[Causes, ScanProgress]:
    from farutech_console.operations.letters.browse import read_selection

    queue, causes = backend.queue(), Causes()
    line = ScanLine(queue.clock)
    reading = read_selection(queue, selection, line.read)
    try:
        async with aclosing(until_stopped(reading, stop)) as pages:
            async for page in pages:
                for letter in page:
                    causes.add(letter)
    finally:
        line.clear()
    return causes, line.last


async def _notes(backend: LiveBackend) -> dict[str, dict[str, Any]]:
    from farutech_console.operations.audit.notes import note_record, read_notes

    notes = await read_notes(backend.queue())
    return {cause: note_record(note) for cause, note in notes.items()}


def _print_notes(shown: list[CauseGroup], notes: dict[str, dict[str, Any]]) -> None:
    for group in shown:
        if (note := notes.get(group.cause.key)) is not None:
            output.say(f"note on {group.cause.key}, by {literal(note['by'])} at {note['at']}:")
            for line in note["text"].splitlines():
                output.say(f"    {literal(line)}")


def _called(group: CauseGroup) -> str:
    named = (group.cause.error_type, group.cause.text)
    mostly = f" (mostly at {group.address})" if group.address else ""
    return ": ".join(part for part in named if part) + mostly


def _print(shown: list[CauseGroup], backend: LiveBackend) -> None:
    now = backend.queue().clock.now()
    rows = [
        (
            f"{group.count:,}",
            f"{group.share:.1%}",
            f"{len(group.tenants):,}{'+' if group.more_tenants else ''}",
            short_duration(age(group.first_seen, now)),
            short_duration(age(group.last_seen, now)),
            group.cause.key,
            _called(group),
        )
        for group in shown
    ]
    output.table(_TITLES, rows, _WIDTHS)
