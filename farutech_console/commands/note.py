"""`farutech-console dlq note`: what the next on-call should know of a cause."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.ages import long_ago
from farutech_console.commands.output import json_flag
from farutech_console.commands.session import EXIT_DONE, run
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.audit.notes import Note
    from farutech_console.operations.live.backend import LiveBackend
    from farutech_console.operations.queue import Queue


@click.command()
@click.argument("cause", required=False)
@click.argument("text", required=False)
@click.option("--delete", is_flag=True, help="Take the note on this cause away.")
@json_flag
@settings_flags(ConsoleSettings)
def note(
    *,
    cause: str | None,
    text: str | None,
    delete: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Write TEXT as the note on a cause, whose key dlq groups shows; without TEXT show the notes.

    It takes the place of an earlier one, which the audit keeps. dlq groups shows it as well.

    Keys of a line with --json: cause, text, by, at.
    """
    if delete and (text is not None or cause is None):
        raise click.UsageError("--delete takes the key of a cause, and no text")
    if text is not None and not text.strip():
        raise click.UsageError("the text is empty: --delete takes a note away")

    async def work(backend: LiveBackend, _stop: asyncio.Event) -> int:
        from farutech_console.operations.audit.notes import read_notes, write_note

        queue = backend.queue()
        if cause is not None and (text is not None or delete):
            await write_note(queue, cause, text or "")
            if not as_json:
                output.say("The note is gone." if delete else "Noted.")
            return EXIT_DONE
        notes = await read_notes(queue)
        shown = [one for one in notes.values() if cause in (None, one.cause)]
        _print(queue, shown, as_json=as_json)
        return EXIT_DONE

    run(given, work)


def _print(queue: Queue, notes: list[Note], *, as_json: bool) -> None:
    from farutech_console.operations.audit.notes import note_record

    if as_json:
        output.json_lines(note_record(one) for one in notes)
    elif not notes:
        output.say("No notes.")
    for one in () if as_json else notes:
        age = long_ago(one.at, queue.clock.now())
        click.echo(f"{one.cause}  {literal(one.by)}, {age}")
        for line in one.text.splitlines():
            click.echo(f"    {literal(line)}")
