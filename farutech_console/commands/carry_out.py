"""From a plan to its outcomes: shown, asked for, run, and told, whatever interrupts it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.outcomes import FAILURES, MOST_TOLD, outcome_words
from farutech_console.commands.plan_words import plan_lines, question
from farutech_console.commands.progress_line import ProgressLine
from farutech_console.commands.reins import reins
from farutech_console.commands.session import EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED
from farutech_console.operations.actions import asks_name
from farutech_console.operations.alike import kinds_of
from farutech_console.operations.letters.records import outcome_record, plan_record, summary_record
from farutech_console.operations.model import Plan
from farutech_console.operations.pace.control import Control
from worker.asking import ask_line, confirmed
from worker.model.clock import SystemClock
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.live.backend import LiveBackend

_AT_ONCE, _SOON = 500, 0.1


@dataclass(frozen=True, slots=True)
class Manner:
    """How to go about a plan: print JSON, only show it, ask before it is run.

    `confirm` is the stream's name as it was given on the command line, for plans that ask for it;
    `environment` what the system is called; `why` goes into the audit.
    """

    as_json: bool
    dry_run: bool
    ask: bool
    confirm: str = ""
    environment: str = ""
    why: str = ""


async def carry_out(backend: LiveBackend, plan: Plan, how: Manner, stop: asyncio.Event) -> int:
    """Show a plan, ask, run it until `stop` is set; return the exit code.

    0 done, 1 some failed or it was stopped on failure, 130 when it was not confirmed.
    """
    if how.dry_run and how.as_json:
        output.json_line(plan_record(plan))
    elif how.dry_run or how.ask:
        for line in plan_lines(plan):
            output.say(line)
    if how.dry_run:
        return EXIT_DONE
    if plan.count and not await _confirmed(plan, how, stop):
        output.say("Nothing was changed.")
        return EXIT_CANCELLED
    return await _run(backend, plan, how, stop)


async def _confirmed(plan: Plan, how: Manner, stop: asyncio.Event) -> bool:
    if not asks_name(plan.kind, plan.count, how.environment) or how.confirm == plan.stream:
        if not how.ask:
            return True
        return await confirmed(question(plan), stop)
    if how.confirm or not how.ask:
        raise click.UsageError(
            f"this asks for the stream's name: add --confirm {plan.stream} if you are sure"
        )
    words = f"{question(plan)} Type {plan.stream} to go on"
    return await ask_line(words, stop) == plan.stream


async def _run(backend: LiveBackend, plan: Plan, how: Manner, stop: asyncio.Event) -> int:
    kinds: Counter[str] = Counter()
    control = Control(SystemClock(), plan.pacing, stop=stop.is_set)
    line = ProgressLine(lambda: control.progress)
    records = _Records(line)
    try:
        with reins(control, stop.set, paced=plan.kind == "replay") as line.hint:
            async with line.showing(), aclosing(backend.run_pages(plan, control, how.why)) as pages:
                async for page in pages:
                    some = kinds_of(page)
                    kinds += some
                    if how.as_json:
                        for outcome in page:
                            records.add(outcome_record(outcome))
                    elif plan.count <= MOST_TOLD or FAILURES.intersection(some):
                        for outcome in page:
                            if plan.count <= MOST_TOLD or outcome.outcome in FAILURES:
                                line.print(outcome_words(outcome))
    finally:
        records.flush()
        _tell_summary(plan, kinds, control, as_json=how.as_json)
    failed = FAILURES.intersection(kinds) or (control.cancelled and not stop.is_set())
    return EXIT_FAILED if failed else EXIT_DONE


class _Records:
    """JSON Lines, some at a time: to write each of a million by itself takes longer than to act."""

    def __init__(self, line: ProgressLine) -> None:
        self._line = line
        self._waiting: list[Mapping[str, Any]] = []
        self._failure: OSError | None = None

    def add(self, record: Mapping[str, Any]) -> None:
        """Have it printed, a moment later at most.

        Raises:
            OSError: what was to be printed before could not be: nobody reads it any more.
        """
        if self._failure is not None:
            raise self._failure
        if not self._waiting:
            asyncio.get_running_loop().call_later(_SOON, self._flush_by_itself)
        self._waiting.append(record)
        if len(self._waiting) >= _AT_ONCE:
            self.flush()

    def _flush_by_itself(self) -> None:
        try:
            self.flush()
        except OSError as failure:
            self._failure = failure

    def flush(self) -> None:
        """Print what waits."""
        if self._waiting:
            with self._line.aside():
                output.json_lines(self._waiting)
            self._waiting.clear()


def _tell_summary(plan: Plan, kinds: Counter[str], control: Control, *, as_json: bool) -> None:
    progress = control.progress
    record = summary_record(plan.count + len(plan.missing), kinds)
    if as_json:
        why = str(progress.reason or "")
        record["summary"] |= {"came_back": progress.came_back, "stopped": why}
        output.json_line(record)
        return
    told = [f"{count:,} {name.replace('_', ' ')}" for name, count in record["summary"].items()]
    if progress.came_back:
        told.append(f"{progress.came_back:,} came back dead")
    words = ", ".join(part for part in told if not part.startswith("0 ")) or "Nothing to do."
    output.say(words)
    if progress.reason is not None:
        note = literal(str(progress.reason))
        output.say(f"{note[:1].upper()}{note[1:]}.")
