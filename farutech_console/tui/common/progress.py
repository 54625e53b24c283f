"""A plan on its way: how far it is, what came of it, and the bar that shows both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from farutech_console.tui.common.spans import Line, Span, Tone, line, one_line
from farutech_console.tui.common.units import count, duration, plural
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.model import Outcome, Plan
    from worker.model.clock import Clock

KEPT = 10_000
"""Outcomes that are kept for reading; all are counted."""

BAR = 20
GOOD = ("replayed", "purged")
TROUBLE = ("failed", "unknown")


@dataclass(frozen=True, slots=True)
class Progress:
    """A run at one moment. `seconds` since it began; `failure` is why it broke off, if it did."""

    plan: Plan
    counts: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    ended: bool = False
    failure: str = ""

    @property
    def settled(self) -> int:
        """How many letters have an outcome."""
        return sum(self.counts.values())

    @property
    def troubled(self) -> bool:
        """Whether an operator has to look at it."""
        return bool(self.failure) or any(self.counts.get(kind) for kind in TROUBLE)


class Run:
    """Counts outcomes as they come; `progress` is what it stands at."""

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self.plan = plan
        self.outcomes: list[Outcome] = []
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._began = clock.monotonic()
        self._ended: float | None = None
        self._failure = ""

    def add(self, outcome: Outcome) -> None:
        """Count one outcome; trouble is always kept, success up to a bound."""
        self._counts[outcome.outcome] += 1
        if len(self.outcomes) < KEPT or outcome.outcome in TROUBLE:
            self.outcomes.append(outcome)

    def end(self, failure: str = "") -> None:
        """It is over; `failure` says why it broke off."""
        self._failure = failure
        self._ended = self._clock.monotonic()

    @property
    def progress(self) -> Progress:
        """What it stands at."""
        until = self._clock.monotonic() if self._ended is None else self._ended
        return Progress(
            plan=self.plan,
            counts=dict(self._counts),
            seconds=until - self._began,
            ended=self._ended is not None,
            failure=self._failure,
        )


def progress_line(progress: Progress) -> Line:
    """Return a run in one line, successes and failures apart."""
    done, wanted = progress.settled, progress.plan.count
    spans = list(_lead(progress, done, wanted))
    for kind, number in sorted(progress.counts.items()):
        tone: Tone = "ok" if kind in GOOD else "bad" if kind in TROUBLE else "muted"
        glyph = "●" if kind in GOOD else "✖" if kind in TROUBLE else "–"  # noqa: RUF001 - a glyph
        spans.append(Span(f"  {glyph} {count(number)} {_words(kind)}", tone))
    if progress.failure:
        spans.append(Span(f"  ✖ broke off: {literal(progress.failure)}", "bad"))
    if progress.ended:
        spans.append(Span("   o outcomes  esc close", "muted"))
    return tuple(spans)


def _lead(progress: Progress, done: int, wanted: int) -> Line:
    verb = "Replay" if progress.plan.kind == "replay" else "Purge"
    if progress.ended:
        return line(Span(f" {verb} of {plural(wanted, 'letter')}:", "strong"))
    filled = BAR * done // max(1, wanted)
    pace = done / progress.seconds if progress.seconds > 0 else 0.0
    left = f" {duration((wanted - done) / pace)} left" if pace and done < wanted else ""
    return line(
        Span(f" {verb} ", "strong"),
        Span("█" * filled, "accent"),
        Span("░" * (BAR - filled), "muted"),
        f" {count(done)}/{count(wanted)}{left}",
    )


def _words(kind: str) -> str:
    return {"already": "done before", "unknown": "unknown"}.get(kind, kind)


class RunBar(Widget):
    """The run that is under way, or the last one until it is closed."""

    DEFAULT_CSS = "RunBar { height: 1; display: none; background: $panel; }"

    def __init__(self) -> None:
        super().__init__()
        self._line: Line = ()

    def show(self, progress: Progress | None) -> None:
        """Show it, or nothing."""
        self.display = progress is not None
        shown = progress_line(progress) if progress else ()
        if shown != self._line:
            self._line = shown
            self.refresh()

    def render(self) -> Content:
        """Draw it."""
        return one_line(self._line)
