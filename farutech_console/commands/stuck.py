"""`farutech-console stuck`: tasks whose deliveries are spent, and bringing them back."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.asking import confirmed
from farutech_console.commands.output import json_flag
from farutech_console.commands.progress_line import ProgressLine
from farutech_console.commands.session import (
    EXIT_CANCELLED,
    EXIT_DONE,
    EXIT_FAILED,
    going_on,
    run,
)
from farutech_console.operations.pace.control import Control
from farutech_console.operations.units import age, count, duration, plural
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.live.backend import LiveBackend
    from farutech_console.operations.queue import Queue
    from farutech_console.operations.stuck.view import Recovered, StuckPlan, StuckTask, StuckView

MOST_SHOWN = 20


@click.group()
def stuck() -> None:
    """Find the tasks that nobody will get again, and bring them back."""


@stuck.command("list")
@json_flag
@click.option(
    "--candidates",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Of those that may be stuck or may be in flight, show so many.",
)
@settings_flags(ConsoleSettings)
def list_stuck(*, as_json: bool, candidates: int, **given: Any) -> None:
    """List the tasks whose deliveries are spent, and say how each is known.

    With --json a line for each. Its keys: see docs/commands.md.
    """

    async def work(backend: LiveBackend, _stop: asyncio.Event) -> int:
        from farutech_console.operations.stuck.recover import find_stuck

        queue = backend.queue()
        seen = await find_stuck(queue, candidates)
        if as_json:
            for task in seen.tasks:
                output.json_line(task.record())
        else:
            _print(seen, queue)
        return EXIT_DONE

    run(given, work)


@stuck.command()
@click.option(
    "--to",
    type=click.Choice(["dlq", "work"]),
    default="dlq",
    show_default=True,
    help="To the dead letters, or back to the workers with all their attempts.",
)
@click.option("--seq", "sequences", type=click.IntRange(min=1), multiple=True, help="Only these.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show what it would touch, and do nothing.")
@click.option("--why", default="", help="The reason, kept in the audit.")
@json_flag
@settings_flags(ConsoleSettings)
def recover(
    *,
    to: Any,
    sequences: tuple[int, ...],
    yes: bool,
    dry_run: bool,
    why: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Move the tasks that are stuck for sure to the dead letters, or back to work.

    A task that had been done, or that a worker still runs, is told from the others by the ledger.
    Broken off at any moment nothing is lost or doubled: run it again. What was on its way to work
    then lies in the dead letters, for `farutech-console dlq replay reason:stuck`.

    With --json a line for each task, and a summary. Its keys: see docs/commands.md.
    """
    if not (yes or dry_run or output.is_interactive()):
        raise click.UsageError("nobody can be asked here: add --yes, or --dry-run to only look")

    async def work(backend: LiveBackend, stop: asyncio.Event) -> int:
        from farutech_console.operations.stuck.recover import plan_recovery

        queue = backend.queue()
        if not dry_run:
            queue.guard("stuck_to_dlq" if to == "dlq" else "stuck_to_work")
        plan = await plan_recovery(queue, to, sequences or None, lambda s: going_on(stop, s))
        if dry_run and as_json:
            for task in plan.tasks:
                output.json_line(task.record())
        elif dry_run or not yes:
            _show(plan)
        if dry_run:
            return EXIT_DONE
        if plan.tasks and not yes and not await confirmed(_question(plan), stop):
            return EXIT_CANCELLED
        return await _run(queue, plan, why, stop, as_json=as_json)

    run(given, work)


async def _run(
    queue: Queue, plan: StuckPlan, why: str, stop: asyncio.Event, *, as_json: bool
) -> int:
    from farutech_console.operations.stuck.recover import recover_stuck

    counts: Counter[str] = Counter()
    control = Control(queue.clock)
    control.begin(len(plan.tasks) + len(plan.missing))
    line = ProgressLine(lambda: control.progress)

    def moved(tasks: int) -> None:
        line.hint = f"{count(tasks)} are dead letters, then they go back to work"

    recovering = recover_stuck(queue, plan, why, stop=stop.is_set, moved=moved)
    try:
        async with line.showing(), aclosing(recovering) as outcomes:
            async for outcome in outcomes:
                counts[outcome.outcome] += 1
                control.count((outcome,))
                if as_json:
                    with line.aside():
                        output.json_line(outcome.record())
                else:
                    line.print(_told(outcome))
    finally:
        planned = len(plan.tasks) + len(plan.missing)
        rest = planned - counts.total()
        if as_json:
            output.json_line({"summary": {"planned": planned, **counts, "not_reached": rest}})
        else:
            told = [f"{count(number)} {kind}" for kind, number in counts.items()]
            told += [f"{count(rest)} not reached"] if rest else []
            output.say(", ".join(told) or "No task is stuck for sure.")
    return EXIT_FAILED if counts["failed"] or counts["unknown"] else EXIT_DONE


def _told(outcome: Recovered) -> str:
    detail = f"  {literal(outcome.detail)}" if outcome.detail else ""
    letter = f"  dead letter {outcome.letter}" if outcome.letter else ""
    task = literal(outcome.task_id) or ("-" if outcome.outcome == "gone" else "not a task")
    return f"{outcome.outcome:<9} {outcome.sequence}  {task}{letter}{detail}"


def _question(plan: StuckPlan) -> str:
    where = "the dead letters" if plan.to == "dlq" else "work"
    return f"Move {plural(len(plan.tasks), 'task')} to {where}?"


def _show(plan: StuckPlan) -> None:
    where = "the dead letters" if plan.to == "dlq" else "work, with all their attempts"
    output.say(f"move {plural(len(plan.tasks), 'stuck task')} of {literal(plan.stream)} to {where}")
    for task in plan.tasks[:MOST_SHOWN]:
        output.say(f"  {task.sequence}  {literal(task.task_id) or 'not a task'}")
    if len(plan.tasks) > MOST_SHOWN:
        output.say(f"  and {count(len(plan.tasks) - MOST_SHOWN)} more")
    if plan.missing:
        output.say(f"  not stuck for sure: {', '.join(map(str, plan.missing))}")
    output.say(f"  same as  {literal(plan.command)}")


def _since(task: StuckTask, now: datetime) -> str:
    """Return since when it is stuck; `>=` for the time of the last delivery of any task."""
    at = task.since or task.delivered_by
    if at is None:
        return ""
    return f"{'' if task.since else '>= '}{duration(age(at, now))}"


def _print(seen: StuckView, queue: Queue) -> None:
    now, found = queue.clock.now(), seen.found
    if seen.tasks:
        rows = [
            (
                str(task.sequence),
                "certain" if task.certain else "maybe",
                _since(task, now),
                f"{duration(age(task.stored_at, now))} ago",
                "" if task.deliveries is None else str(task.deliveries),
                task.task_id or "not a task",
                task.tenant_id,
                task.task_type,
            )
            for task in seen.tasks
        ]
        titles = ("seq", "stuck", "since", "published", "tries", "task", "tenant", "type")
        output.table(titles, rows, (20, 7, 16, 16, 5, 36, 20, 14))
    least, most = found.tally.least, found.tally.most
    many = count(least) if least == most else f"{count(least)} to {count(most)}"
    output.say(f"{many} stuck: {found.told}.")
    if seen.certain:
        output.say("farutech-console stuck recover moves those that are certain.")
    if found.unknown:
        output.say(
            f"Of {count(found.unknown)} it is not known which; look again when it is calmer."
        )
    if found.more:
        output.say("There are more that may be stuck.")
