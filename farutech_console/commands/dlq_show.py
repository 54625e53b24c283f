"""`farutech-console dlq list` and `dlq show`: looking at dead letters."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
import humanize

from farutech_console.commands import output
from farutech_console.commands.output import json_flag
from farutech_console.commands.session import EXIT_DONE, EXIT_FAILED, run
from farutech_console.operations.records import full_record, letter_record
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.clock import SystemClock
from worker.model.dead_letter import StoredDeadLetter
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.live import LiveBackend

SHOWN_TO_PEOPLE = 100
PAGE = 256


@click.command("list")
@json_flag
@click.option("--limit", type=click.IntRange(min=0), help="At most this many, 0 for all.")
@settings_flags(ConsoleSettings)
def list_letters(*, as_json: bool, limit: int | None, **given: Any) -> None:  # noqa: ANN401
    """List the dead letters, newest first.

    People get the newest 100 unless --limit says otherwise; --json prints them all.

    Keys of a line: sequence, died_at, task_id, tenant_id, task_type, module_id, error, reason,
    attempts, replays, worker_id, expires_at.
    """
    most = limit if limit is not None else (0 if as_json else SHOWN_TO_PEOPLE)

    async def work(backend: LiveBackend, _stop: asyncio.Event) -> int:
        shown, depth, rows = 0, 0, []
        before: int | None = None
        while True:
            page = await backend.page(min(PAGE, most - shown) if most else PAGE, before)
            depth = max(depth, page.depth)
            for letter in page.letters:
                if as_json:
                    output.json_line(letter_record(letter))
                else:
                    rows.append(_row(letter))
            shown += len(page.letters)
            if not page.more or not page.letters or (most and shown >= most):
                break
            before = page.letters[-1].sequence
        if not as_json:
            _print_rows(rows, depth)
        return EXIT_DONE

    run(given, work)


@click.command()
@click.argument("sequence", type=click.IntRange(min=1))
@json_flag
@settings_flags(ConsoleSettings)
def show(*, sequence: int, as_json: bool, **given: Any) -> None:  # noqa: ANN401
    """Show all there is to know of one dead letter."""

    async def work(backend: LiveBackend, _stop: asyncio.Event) -> int:
        letter = await backend.letter(sequence)
        if letter is None:
            output.say(f"There is no dead letter {sequence}: it was replayed, purged or expired.")
            return EXIT_FAILED
        if as_json:
            output.json_line(full_record(letter))
        else:
            _print_letter(letter)
        return EXIT_DONE

    run(given, work)


def _row(letter: StoredDeadLetter) -> tuple[str, ...]:
    record = letter_record(letter)
    age = humanize.naturaldelta(SystemClock().now() - letter.died_at)
    return (
        str(letter.sequence),
        age,
        record["task_id"] or "not a task",
        record["tenant_id"],
        record["task_type"],
        str(record["attempts"]),
        str(record["replays"] or ""),
        record["error"],
    )


def _print_rows(rows: Sequence[tuple[str, ...]], depth: int) -> None:
    if not rows:
        output.say("No dead letters.")
        return
    titles = ("seq", "died", "task", "tenant", "type", "tries", "back", "error")
    output.table(titles, rows, (20, 14, 36, 20, 14, 5, 4, 80))
    if len(rows) < depth:
        output.say(f"The newest {len(rows):,} of {depth:,}; --limit 0 lists them all.")


_LONGEST_TASK = 100_000
"""Columns of a task that a terminal gets; `--json` gives all of it."""


def _print_letter(letter: StoredDeadLetter) -> None:
    record = full_record(letter)
    for key in (*letter_record(letter), "stored_at", "subject"):
        if record[key] not in (None, ""):
            click.echo(f"{key:<12} {literal(str(record[key]))}")
    for name, value in letter.headers.items():
        click.echo(f"{'header':<12} {literal(name)}: {literal(value)}")
    body = letter.letter
    if body is None:
        click.echo(f"{'body':<12} {literal(record['body'], 4096)}")
        return
    if body.raw_object is not None:
        where = f"{body.raw_object.size:,} bytes, in the object store as {body.raw_object.name}"
        click.echo(f"{'message':<12} {literal(letter.problem or where)}")
    click.echo(f"{'task':<12} {literal(str(record['letter']['task']), _LONGEST_TASK)}")
    for line in (body.traceback or "").splitlines():
        click.echo(f"{'traceback':<12} {literal(line)}")
