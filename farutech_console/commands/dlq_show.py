"""`farutech-console dlq show`: all of one dead letter."""

from __future__ import annotations

import asyncio
import json
import shlex
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.output import json_flag
from farutech_console.commands.session import EXIT_DONE, EXIT_FAILED, run, sentence
from farutech_console.operations.letters.records import full_record, letter_record
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.dead_letter import DeadLetter, StoredDeadLetter
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.live.backend import LiveBackend


@click.command()
@click.argument("sequence", type=click.IntRange(min=1))
@json_flag
@settings_flags(ConsoleSettings)
def show(*, sequence: int, as_json: bool, **given: Any) -> None:
    """Show all there is to know of one dead letter."""

    async def work(backend: LiveBackend, _stop: asyncio.Event) -> int:
        from farutech_console.operations.letters.one_letter import absence

        letter = await backend.letter(sequence)
        if letter is None:
            newest = (await backend.queue().layout()).dead_letters.last_sequence
            output.say(f"{sentence(absence(sequence, newest))}.")
            return EXIT_FAILED
        if as_json:
            output.json_line(full_record(letter))
        else:
            _print_letter(letter)
        return EXIT_DONE

    run(given, work)


_LONGEST_LINE, _MOST_LINES = 2_000, 1_000
"""Columns and lines of a task that a terminal gets; `--json` gives all of it."""


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
    label, lines = _content(body)
    for line in lines[:_MOST_LINES]:
        click.echo(f"{label:<12} {literal(line, _LONGEST_LINE)}")
    if len(lines) > _MOST_LINES:
        click.echo(f"{label:<12} … {len(lines) - _MOST_LINES:,} lines more: --json has them all")
    for line in (body.traceback or "").splitlines():
        click.echo(f"{'traceback':<12} {literal(line)}")
    if body.task.task_id:
        told = shlex.join(("farutech-console", "task", body.task.task_id))
        click.echo(f"{'history':<12} {literal(told)}")


def _content(letter: DeadLetter) -> tuple[str, list[str]]:
    """Return what the letter is about, as lines: the task, or the message that was none."""
    if letter.raw is None or letter.raw_object is not None:
        text = json.dumps(letter.task.to_wire(), indent=2, ensure_ascii=False, default=str)
        return "task", text.splitlines()
    text = letter.replay_body().decode("utf-8", "backslashreplace")
    return "message", text.splitlines() or [""]
