"""What became of each letter, told as it comes, and a summary whatever happens."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import click

from farutech_console.commands import output
from farutech_console.commands.session import EXIT_DONE, EXIT_FAILED
from farutech_console.operations.model import Outcome, OutcomeKind
from farutech_console.operations.records import outcome_record, summary_record
from worker.model.text import literal

_FAILURES: frozenset[OutcomeKind] = frozenset({"failed", "unknown"})


class Tally:
    """Tells outcomes, and counts them. At the end of its block the summary is told."""

    def __init__(self, planned: int, kinds: tuple[OutcomeKind, ...], *, as_json: bool) -> None:
        self._planned = planned
        self._kinds = kinds
        self._as_json = as_json
        self._seen: list[OutcomeKind] = []

    def __enter__(self) -> Self:
        """Begin to count."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Tell the summary."""
        record = summary_record(self._planned, self._seen, self._kinds)
        if self._as_json:
            output.json_line(record)
            return
        counts = record["summary"].items()
        told = [f"{count:,} {name.replace('_', ' ')}" for name, count in counts if count]
        output.say(", ".join(told) or "Nothing to do.")

    @property
    def exit_code(self) -> int:
        """1 where some failed, else 0."""
        return EXIT_FAILED if _FAILURES.intersection(self._seen) else EXIT_DONE

    def tell(self, outcome: Outcome) -> None:
        """Tell one outcome."""
        self._seen.append(outcome.outcome)
        if self._as_json:
            output.json_line(outcome_record(outcome))
            return
        task = literal(outcome.task_id) or "not a task"
        detail = f"  {literal(outcome.detail)}" if outcome.detail else ""
        click.echo(f"{outcome.outcome:<9} {outcome.sequence}  {task}{detail}")
