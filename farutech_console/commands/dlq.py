"""`farutech-console dlq`: list, show, replay and purge dead letters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click
import humanize

from farutech_console.commands import output
from farutech_console.commands.carry_out import Manner, carry_out
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

json_flag = click.option("--json", "as_json", is_flag=True, help="JSON Lines on standard output.")


def selection_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags that say which letters, and how to go about it."""
    for flag in (
        json_flag,
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--dry-run", is_flag=True, help="Show the plan and do nothing."),
        click.option("--seq", "sequences", type=int, multiple=True, help="This one; repeatable."),
        click.option("--all", "everything", is_flag=True, help="All letters that lie there now."),
    ):
        command = flag(command)
    return settings_flags(ConsoleSettings)(command)


@click.group()
def dlq() -> None:
    """Look into the dead letters, send tasks back, or delete them."""


@dlq.command("list")
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


@dlq.command()
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


@dlq.command()
@selection_flags
def replay(**options: Any) -> None:  # noqa: ANN401
    """Send dead letters back to the work queue, each task once.

    Shows what it will do and asks first. With --json a line for each letter (sequence, task_id,
    outcome: replayed, already, failed or unknown, detail) and a summary at the end.
    """
    _change("replay", options)


@dlq.command()
@selection_flags
def purge(**options: Any) -> None:  # noqa: ANN401
    """Delete dead letters for good.

    Shows what it will do and asks first. With --json a line for each letter (sequence, task_id,
    outcome: purged, already or failed, detail) and a summary at the end.
    """
    _change("purge", options)


def _change(kind: str, options: dict[str, Any]) -> None:
    chosen: tuple[int, ...] = options["sequences"]
    if bool(chosen) == options["everything"]:
        raise click.UsageError("say which letters: --all, or --seq N once or more")
    if not (options["yes"] or options["dry_run"] or output.is_interactive()):
        raise click.UsageError("nobody can be asked here: add --yes, or --dry-run to only look")

    async def work(backend: LiveBackend, stop: asyncio.Event) -> int:
        make = backend.plan_replay if kind == "replay" else backend.plan_purge
        plan = await make(chosen or None)
        how = Manner(options["as_json"], options["dry_run"], ask=not options["yes"])
        return await carry_out(backend, plan, how, stop)

    run(options, work)


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
    click.echo(f"{'task':<12} {literal(str(record['letter']['task']))}")
    for line in (body.traceback or "").splitlines():
        click.echo(f"{'traceback':<12} {literal(line)}")
