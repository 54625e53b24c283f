"""`farutech-console dlq replay` and `dlq purge`: sending dead letters back, or deleting them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.carry_out import Manner, carry_out
from farutech_console.commands.output import json_flag
from farutech_console.commands.session import run
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags

if TYPE_CHECKING:
    from farutech_console.operations.live import LiveBackend


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


@click.command()
@selection_flags
def replay(**options: Any) -> None:  # noqa: ANN401
    """Send dead letters back to the work queue, each task once.

    Shows what it will do and asks first. With --json a line for each letter (sequence, task_id,
    outcome: replayed, already, failed or unknown, detail) and a summary at the end.
    """
    _change("replay", options)


@click.command()
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
