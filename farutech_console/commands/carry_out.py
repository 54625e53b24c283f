"""From a plan to its outcomes: shown, asked for, run, and told, whatever interrupts it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from farutech_console.commands import output
from farutech_console.commands.session import EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED
from farutech_console.operations.model import Outcome, OutcomeKind, Plan
from farutech_console.operations.records import outcome_record, plan_record, summary_record
from farutech_console.operations.velocity import Control
from worker.model.clock import SystemClock, format_rfc3339
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.live import LiveBackend

FAILURES: frozenset[OutcomeKind] = frozenset({"failed", "unknown"})
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Manner:
    """How to go about a plan: print JSON, only show it, ask before it is run."""

    as_json: bool
    dry_run: bool
    ask: bool


async def carry_out(backend: LiveBackend, plan: Plan, how: Manner, stop: asyncio.Event) -> int:
    """Show a plan, ask, run it until `stop` is set; return the exit code.

    0 done, 1 some failed, 130 when it was not confirmed.
    """
    if how.dry_run and how.as_json:
        output.json_line(plan_record(plan))
    elif how.dry_run or how.ask:
        for line in plan_lines(plan):
            output.say(line)
    if how.dry_run:
        return EXIT_DONE
    if how.ask and plan.count and not await _confirmed(plan):
        output.say("Nothing was changed.")
        return EXIT_CANCELLED
    return await _run(backend, plan, how, stop)


async def _confirmed(plan: Plan) -> bool:
    """Ask, in a thread: the connection must go on answering the server's pings meanwhile."""
    return await asyncio.to_thread(click.confirm, _question(plan), default=False, err=True)


async def _run(backend: LiveBackend, plan: Plan, how: Manner, stop: asyncio.Event) -> int:
    kinds: list[OutcomeKind] = []
    try:
        control = Control(SystemClock(), plan.pacing, stop=stop.is_set)
        async with aclosing(backend.run(plan, control)) as outcomes:
            async for outcome in outcomes:
                kinds.append(outcome.outcome)
                _tell(outcome, as_json=how.as_json)
    finally:
        _tell_summary(plan, kinds, as_json=how.as_json)
    return EXIT_FAILED if FAILURES.intersection(kinds) else EXIT_DONE


def plan_lines(plan: Plan) -> list[str]:
    """Return a plan in words, one thing a line."""
    lines = [f"{plan.kind} {plan.count:,} dead letters of {plan.stream}"]
    if plan.count:
        span = f"{plan.sequences[0]}" if plan.count == 1 else _span(plan)
        lines.append(f"  which     seq {span}, {_when(plan)}")
        lines.append(f"  tenants   {_most(dict(plan.tenants))}")
        lines.append(f"  types     {_most(dict(plan.task_types))}")
    lines.append(f"  to        {literal(plan.target)}")
    if plan.replayed_before:
        lines.append(f"  history   {plan.replayed_before:,} came back at least once before")
    if plan.expiring:
        lines.append(f"  expiring  {plan.expiring:,} are dropped by the server within the hour")
    if plan.consumer_note:
        lines.append(f"  note      {literal(plan.consumer_note)}")
    lines.append(f"  same as   {literal(plan.command)}")
    return lines


def _span(plan: Plan) -> str:
    return f"{min(plan.sequences):,} to {max(plan.sequences):,}"


def _when(plan: Plan) -> str:
    if plan.oldest_at is None or plan.newest_at is None:
        return "died at an unknown time"
    return f"died {format_rfc3339(plan.oldest_at)} to {format_rfc3339(plan.newest_at)}"


def _most(counts: dict[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{literal(name) or '(none)'} {count:,}" for name, count in ranked[:MOST_NAMED]]
    rest = len(ranked) - MOST_NAMED
    return ", ".join(named) + (f" and {rest} more" if rest > 0 else "")


def _question(plan: Plan) -> str:
    letters = "1 dead letter" if plan.count == 1 else f"{plan.count:,} dead letters"
    return f"{plan.kind.capitalize()} {letters}?"


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        output.json_line(outcome_record(outcome))
        return
    detail = f"  {literal(outcome.detail)}" if outcome.detail else ""
    task = literal(outcome.task_id) or "not a task"
    click.echo(f"{outcome.outcome:<9} {outcome.sequence}  {task}{detail}")


def _tell_summary(plan: Plan, kinds: list[OutcomeKind], *, as_json: bool) -> None:
    record = summary_record(plan.count + len(plan.missing), kinds)
    if as_json:
        output.json_line(record)
        return
    told = [f"{count:,} {name.replace('_', ' ')}" for name, count in record["summary"].items()]
    output.say(", ".join(part for part in told if not part.startswith("0 ")) or "Nothing to do.")
