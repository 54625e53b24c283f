"""What became of each letter, told as it comes, and a summary whatever happens."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator

from farutech_console.commands import output
from farutech_console.commands.progress_line import ProgressLine
from farutech_console.commands.session import EXIT_DONE, EXIT_FAILED
from farutech_console.operations.letters.records import outcome_record, summary_record
from farutech_console.operations.model import NEVER_THERE, Outcome, OutcomeKind
from farutech_console.operations.pace.control import Control
from worker.model.clock import SystemClock
from worker.model.text import literal

MOST_TOLD = 1_000
"""Letters up to which people are told of each; beyond, of those with trouble only."""
FAILURES: frozenset[OutcomeKind] = frozenset({"failed", "unknown"})


class Tally:
    """Tells outcomes, and counts them; a terminal shows meanwhile how many there are yet."""

    def __init__(self, planned: int, kinds: tuple[OutcomeKind, ...], *, as_json: bool) -> None:
        self._planned = planned
        self._kinds = kinds
        self._as_json = as_json
        self._control = Control(SystemClock())
        self._line = ProgressLine(lambda: self._control.progress)
        self._seen: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        """Show how far it is, and tell the summary at the end of the block, whatever happens."""
        self._control.begin(self._planned)
        try:
            async with self._line.showing():
                yield
        finally:
            self._tell_summary()

    def _tell_summary(self) -> None:
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
        return EXIT_FAILED if FAILURES.intersection(self._seen) else EXIT_DONE

    def tell(self, outcome: Outcome) -> None:
        """Tell one outcome; of very many, people are told of those with trouble only."""
        self._seen[outcome.outcome] += 1
        self._control.count((outcome,))
        if self._as_json:
            with self._line.aside():
                output.json_line(outcome_record(outcome))
        elif self._planned <= MOST_TOLD or outcome.outcome in FAILURES:
            self._line.print(outcome_words(outcome))


def outcome_words(outcome: Outcome) -> str:
    """Return what became of a letter, in a line for people."""
    detail = f"  {literal(outcome.detail)}" if outcome.detail else ""
    # Of a letter that was gone before anybody could read it, nobody knows what it was.
    unread = outcome.outcome == "already" or outcome.detail == NEVER_THERE
    task = literal(outcome.task_id) or ("-" if unread else "not a task")
    return f"{outcome.outcome:<9} {outcome.sequence}  {task}{detail}"
