"""`farutech-console dlq export` and `dlq import`: dead letters into files, and back."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from farutech_console.commands import output
from farutech_console.commands.asking import confirmed, why_flag, yes_flag
from farutech_console.commands.outcomes import Tally
from farutech_console.commands.output import json_flag
from farutech_console.commands.plan_words import letters
from farutech_console.commands.scan_line import ScanLine
from farutech_console.commands.selection import selection_flags
from farutech_console.commands.session import (
    EXIT_CANCELLED,
    EXIT_DONE,
    EXIT_FAILED,
    StoppedError,
    run,
    until_stopped,
)
from farutech_console.commands.unfinished import finish_interrupted
from farutech_console.operations.letters.selection import Selection
from farutech_console.settings import ConsoleSettings
from worker.flags import offer_files, settings_flags
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.files.transfer import Format, ImportPlan
    from farutech_console.operations.live.backend import LiveBackend
    from farutech_console.operations.model import OutcomeKind

STANDARD = "-"
_STANDARD_OUTPUT = (STANDARD, "/dev/stdout")
NOT_FOR_PEOPLE = "What is imported is what dlq export writes as jsonl; its csv is for people."
KINDS: tuple[OutcomeKind, ...] = ("restored", "already", "failed")


@click.command()
@selection_flags(required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    default="jsonl",
    show_default=True,
    help="jsonl keeps every byte and can be imported; csv is for people.",
)
@click.option(
    "--output",
    "target",
    default=STANDARD,
    show_default=True,
    help="The file, which is written over; - is standard output.",
    shell_complete=offer_files,
)
@settings_flags(ConsoleSettings)
def export(*, selection: Selection, form: Format, target: str, **given: Any) -> None:
    """Write the dead letters that match FILTER to a file, one a line. Nothing is changed.

    Keys of a line of jsonl: stream, subject, stored_at, generation and sequence (together the
    letter's name for good), headers, and body, the message as text, or body_base64 where it is no
    UTF-8. In csv no cell is a formula.
    """

    async def work(backend: LiveBackend, stop: asyncio.Event) -> int:
        from farutech_console.operations.files.transfer import export_letters

        queue = backend.queue()
        line = ScanLine(queue.clock)
        pages = export_letters(queue, selection, form, line.read)
        try:
            with _written(target) as file:
                async with aclosing(until_stopped(pages, stop)) as parts:
                    async for part in parts:
                        file.write(part)
                if stop.is_set():
                    raise StoppedError(_cut_off(target, line.last.matched))
        finally:
            line.clear()
        output.say(f"{letters(line.last.matched)} exported.")
        return EXIT_DONE

    run(given, work)


def _cut_off(target: str, written: int) -> str:
    if target in _STANDARD_OUTPUT:
        return f"Cut off after {letters(written)}: there may be more."
    return f"Stopped: {target} was not written."


@click.command("import")
@click.argument("source", metavar="FILE|-", shell_complete=offer_files)
@click.option(
    "--even-if-gone",
    is_flag=True,
    help="Also letters that left this very stream since: replayed, or purged for good.",
)
@click.option("--dry-run", is_flag=True, help="Say what is in the file and do nothing.")
@why_flag
@yes_flag
@json_flag
@settings_flags(ConsoleSettings)
def import_(
    *,
    source: str,
    even_if_gone: bool,
    dry_run: bool,
    why: str,
    yes: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Have the letters of an export lie among the dead letters, each once, however often it runs.

    A letter that came back once is not brought back again, whatever became of it (for 90 days). A
    line that is no letter is named, and the others go on.

    With --json a line for each letter (sequence, the one it had; task_id; outcome: restored,
    already or failed; detail) and a summary at the end.
    """
    can_ask = output.is_interactive() and source != STANDARD
    if not (yes or dry_run or can_ask):
        raise click.UsageError("nobody can be asked here: add --yes, or --dry-run to only look")

    async def work(backend: LiveBackend, stop: asyncio.Event) -> int:
        from farutech_console.operations.files import transfer as operation

        queue = backend.queue()
        if not dry_run:
            queue.guard("import")
            await finish_interrupted(backend, stop)
        with _read(source) as file:
            plan = await operation.plan_import(queue, file, source, even_if_gone=even_if_gone)
            if dry_run and as_json:
                output.json_line(operation.import_record(plan))
            elif dry_run or not yes:
                _say_plan(plan)
            if plan.wrong and not plan.count and not as_json:
                output.say(f"There is no letter in {literal(source)}. {NOT_FOR_PEOPLE}")
                return EXIT_FAILED
            if dry_run:
                return EXIT_FAILED if plan.wrong else EXIT_DONE
            if not yes and not await confirmed(f"Import {letters(plan.count)}?", stop):
                return EXIT_CANCELLED
            tally = Tally(plan.count + plan.wrong, KINDS, as_json=as_json)
            async with tally.telling():
                importing = operation.import_letters(queue, file, plan, stop=stop.is_set, why=why)
                async with aclosing(importing) as outcomes:
                    async for outcome in outcomes:
                        tally.tell(outcome)
            return tally.exit_code

    run(given, work)


def _say_plan(plan: ImportPlan) -> None:
    output.say(f"import {letters(plan.count)} into {literal(plan.target)}")
    output.say(f"  {'from':<9} {literal(plan.name)}, SHA-256 {plan.digest}")
    if plan.wrong:
        output.say(f"  {'wrong':<9} {plan.wrong:,} lines are no letters and are left out")
    for number, why in plan.first_wrong:
        output.say(f"  {'':<9} line {number}: {literal(why)}")


@contextlib.contextmanager
def _written(target: str) -> Iterator[BinaryIO]:
    """Open what is written to; a file is there only once it is whole, and for nobody else."""
    if target in _STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    from farutech_console.operations.files.export_file import FileError, whole_file

    try:
        with whole_file(Path(target), replace=True) as file:
            yield file
    except FileError as error:
        raise click.UsageError(str(error)) from error


@contextlib.contextmanager
def _read(source: str) -> Iterator[BinaryIO]:
    """Open what is read, so that it can be read twice."""
    try:
        file = None if source == STANDARD else Path(source).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise click.UsageError(f"{source} cannot be read: {error.strerror}") from error
    with contextlib.nullcontext(sys.stdin.buffer) if file is None else file as opened:
        if file is not None and file.seekable():
            yield file
            return
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(opened, copy)
            yield copy
