"""`farutech-console dlq edit`: replaying one dead letter with a task that was mended."""

from __future__ import annotations

import asyncio
import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.asking import confirmed, why_flag, yes_flag
from farutech_console.commands.outcomes import Tally
from farutech_console.commands.output import json_flag
from farutech_console.commands.session import EXIT_CANCELLED, run
from farutech_console.commands.unfinished import finish_interrupted
from farutech_console.settings import ConsoleSettings
from worker import asking
from worker.flags import offer_files, settings_flags
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.changes.edit import Draft, InvalidEditError
    from farutech_console.operations.live.backend import LiveBackend
    from farutech_console.operations.model import OutcomeKind

KINDS: tuple[OutcomeKind, ...] = ("replayed", "already", "failed", "unknown")


@click.command()
@click.argument("sequence", type=click.IntRange(min=1))
@click.option(
    "--file",
    "source",
    help="Take the task from this file, - for standard input.",
    shell_complete=offer_files,
)
@why_flag
@yes_flag
@json_flag
@settings_flags(ConsoleSettings)
def edit(
    *,
    sequence: int,
    source: str | None,
    why: str,
    yes: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Open the task of one dead letter in $VISUAL or $EDITOR, and replay it as it is then, once.

    It is checked as a task before it goes. The archive keeps the letter as it was for 7 days, the
    audit who changed it and why for 90.

    With --json a line for the letter (sequence, task_id, outcome: replayed, already, failed or
    unknown, detail) and a summary.
    """
    if source is None and not output.is_interactive():
        raise click.UsageError("nobody can edit here: give the task with --file")
    if source is not None and not (yes or (output.is_interactive() and source != "-")):
        raise click.UsageError("nobody can be asked here: add --yes")

    async def work(backend: LiveBackend, stop: asyncio.Event) -> int:
        from farutech_console.operations.changes import edit as operation

        queue = backend.queue()
        queue.guard("edit")
        await finish_interrupted(backend, stop)
        draft = await operation.draft_of(queue, sequence)
        text = _read(source) if source is not None else draft.text
        if source is None:
            text = await _edited(draft, stop)
        else:
            operation.read_edited(text)
        if text == draft.text:
            as_it_is = f"farutech-console dlq replay --seq {sequence}"
            output.say(f"Nothing was changed. To send it as it is: {as_it_is}")
            return EXIT_CANCELLED
        if not yes:
            _say_difference(draft.text, text)
            if not await confirmed(f"Replay dead letter {sequence} with this task?", stop):
                return EXIT_CANCELLED
        tally = Tally(1, KINDS, as_json=as_json)
        async with tally.telling():
            tally.tell(await operation.edit(queue, draft, text, why))
        return tally.exit_code

    run(given, work)


async def _edited(draft: Draft, stop: asyncio.Event) -> str:
    """Return what the operator made of it; the text as it was where they gave up."""
    from farutech_console.operations.changes.edit import InvalidEditError, read_edited

    text = draft.text
    while True:
        text = await asyncio.to_thread(_opened, text)
        if text == draft.text:
            return text
        try:
            read_edited(text)
        except InvalidEditError as error:
            _say_error(text, error)
            again = "Open it again? (no: it is abandoned)"
            if not await asking.confirmed(again, stop, default=True):
                return draft.text
        else:
            return text


def _opened(text: str) -> str:
    """Open a text in the editor, and return what is saved there.

    Raises:
        click.ClickException: the editor could not be run, or failed; or what it saved is no text.
    """
    try:
        made = click.edit(text, extension=".json", require_save=False)
    except click.ClickException as error:
        raise click.ClickException(
            f"{error.message}. Nothing was changed; set VISUAL or EDITOR, or give the task "
            "with --file"
        ) from error
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"what the editor saved is no UTF-8 at byte {error.start}. Nothing was changed"
        ) from error
    return text if made is None else made


def _say_error(text: str, error: InvalidEditError) -> None:
    output.say(f"This is no task: {literal(str(error))}")
    if error.line:
        lines = text.splitlines()
        shown = literal(lines[error.line - 1], 120) if error.line <= len(lines) else ""
        output.say(f"  line {error.line}: {shown}")


def _say_difference(before: str, after: str) -> None:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "died", "edited", n=2)
    for line in lines:
        output.say(literal(line.rstrip("\n")))


def _read(source: str) -> str:
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise click.UsageError(f"{source} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{source} is no UTF-8 at byte {error.start}") from error
