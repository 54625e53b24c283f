"""`farutech-console dlq undo`: bringing a purge back."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.asking import confirmed, why_flag, yes_flag
from farutech_console.commands.outcomes import Tally
from farutech_console.commands.output import json_flag
from farutech_console.commands.plan_words import letters
from farutech_console.commands.scan_line import ScanLine
from farutech_console.commands.session import EXIT_CANCELLED, EXIT_DONE, run, unless_stopped
from farutech_console.commands.unfinished import finish_interrupted
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.clock import format_rfc3339
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from farutech_console.operations.changes.undo import UndoPlan
    from farutech_console.operations.live.backend import LiveBackend
    from farutech_console.operations.model import Outcome, OutcomeKind

KINDS: tuple[OutcomeKind, ...] = ("restored", "already", "failed")


@click.command()
@click.argument("purge", default="last")
@click.option("--dry-run", is_flag=True, help="Show the plan and do nothing.")
@why_flag
@yes_flag
@json_flag
@settings_flags(ConsoleSettings)
def undo(
    *,
    purge: str,
    dry_run: bool,
    why: str,
    yes: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Bring the dead letters of a purge back, each once, whoever runs it and however often.

    PURGE is the beginning of its id, as `farutech-console audit --action purge` shows it, or
    `last`, which is meant where nothing is said. The archive keeps 7 days. What came back has a new
    sequence.

    With --json a line for each letter (sequence, the one it had; task_id; outcome: restored,
    already or failed; detail) and a summary at the end.
    """
    if not (yes or dry_run or output.is_interactive()):
        raise click.UsageError("nobody can be asked here: add --yes, or --dry-run to only look")

    async def work(backend: LiveBackend, stop: asyncio.Event) -> int:
        from farutech_console.operations.changes import undo as operation

        queue = backend.queue()
        if not dry_run:
            queue.guard("undo")
            await finish_interrupted(backend, stop)
        far = ScanLine(queue.clock)
        try:
            plan = await unless_stopped(operation.plan_undo(queue, purge, far.read), stop)
        finally:
            far.clear()
        if dry_run and as_json:
            output.json_line(operation.undo_record(plan))
        elif dry_run or not yes:
            for line in undo_lines(plan):
                output.say(line)
        if dry_run:
            return EXIT_DONE
        if not plan.count and not as_json:
            output.say(nothing_words(plan))
            return EXIT_DONE
        question = f"Bring back {letters(plan.count)}?"
        if not yes and plan.count and not await confirmed(question, stop):
            return EXIT_CANCELLED
        tally = Tally(plan.count, KINDS, as_json=as_json)
        await _tell(tally, operation.undo(queue, plan, stop=stop.is_set, why=why))
        return tally.exit_code

    run(given, work)


async def _tell(tally: Tally, undoing: AsyncGenerator[Outcome, None]) -> None:
    async with tally.telling(), aclosing(undoing) as outcomes:
        async for outcome in outcomes:
            tally.tell(outcome)


def nothing_words(plan: UndoPlan) -> str:
    """Return why a plan brings nothing back."""
    if plan.came_back:
        return f"Nothing to do: {letters(plan.came_back)} of this purge came back before."
    return "Nothing to do: the archive has no letter of this purge."


def undo_lines(plan: UndoPlan) -> list[str]:
    """Return a plan in words, one thing a line."""
    rows = [
        ("purged", f"by {literal(plan.by)} at {format_rfc3339(plan.purged_at)}"),
        ("why", literal(plan.why)),
        ("to", f"{literal(plan.target)}, with new sequences"),
        ("before", f"{letters(plan.came_back)} came back already" if plan.came_back else ""),
        ("kept", f"until {format_rfc3339(plan.until)}"),
        ("same as", literal(plan.command)),
    ]
    return [
        f"undo {plan.id}: bring back {letters(plan.count)}",
        *(f"  {name:<9} {words}" for name, words in rows if words),
    ]
