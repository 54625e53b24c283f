"""A plan on its way: how far it is, what came of it, and the bar that shows both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from farutech_console.language import msg, msgn, tr, trn
from farutech_console.operations.pace.control import Control
from farutech_console.operations.pace.reasons import Reason
from farutech_console.operations.units import count, duration, rate
from farutech_console.tui.common.aftermath import Aftermath, Fate, fate_words
from farutech_console.tui.common.spans import Line, Span, Tone, cells_of, content, line
from worker.model.text import literal
from worker.model.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from farutech_console.operations.model import Outcome, Plan, PlanKind, TaskEvent
    from worker.model.clock import Clock

KEPT = 10_000
"""Outcomes that are kept for reading; all are counted."""

BAR, SHORT_BAR = 20, 6
GOOD = ("replayed", "purged")
TROUBLE = ("failed", "unknown")
VERBS: Mapping[PlanKind, str] = {
    "replay": msg("Replay"),
    "purge": msg("Purge"),
    "purge_hard": msg("Purge"),
}
_OF_LETTERS: Mapping[PlanKind, tuple[str, str]] = {
    "replay": msgn("Replay of {n} letter", "Replay of {n} letters"),
    "purge": msgn("Purge of {n} letter", "Purge of {n} letters"),
    "purge_hard": msgn("Purge of {n} letter", "Purge of {n} letters"),
}
COUNTED: Mapping[str, tuple[str, str]] = {
    "replayed": msgn("{n} replayed", "{n} replayed"),
    "already": msgn("{n} done before", "{n} done before"),
    "failed": msgn("{n} failed", "{n} failed"),
    "unknown": msgn("{n} unknown", "{n} unknown"),
    "purged": msgn("{n} purged", "{n} purged"),
    "restored": msgn("{n} restored", "{n} restored"),
}
FATE_TONES: dict[Fate, Tone] = {
    "succeeded": "ok",
    "dead": "bad",
    "stuck": "bad",
    "running": "warn",
    "unheard": "muted",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """A run at one moment. `failure` is why it broke off, if it did.

    `speed` is letters/s of late, `eta` the seconds left where they can be told. `held` is whether
    the operator made it wait.

    `fates` count what became of the replayed tasks, as far as live events told. `limit` is the
    rate it is held to, empty for none; `reason` is why it waits or was ended.
    """

    plan: Plan
    counts: Mapping[str, int] = field(default_factory=dict)
    speed: float = 0.0
    eta: float | None = None
    ended: bool = False
    held: bool = False
    failure: str = ""
    fates: Mapping[Fate, int] = field(default_factory=dict)
    limit: str = ""
    reason: Reason | None = None

    @property
    def settled(self) -> int:
        """How many letters have an outcome."""
        return sum(self.counts.values())

    @property
    def not_reached(self) -> int:
        """How many letters of a run that is over have no outcome: they lie where they lay."""
        return max(0, self.plan.count - self.settled) if self.ended else 0

    @property
    def troubled(self) -> bool:
        """Whether an operator has to look at it."""
        return bool(self.failure) or any(self.counts.get(kind) for kind in TROUBLE)


class Run:
    """Counts outcomes as they come; `progress` is what it stands at.

    `aftermath` has what became of the tasks afterwards.
    """

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self.plan = plan
        self.control = Control(clock, plan.pacing)
        self._held = False
        self.outcomes: list[Outcome] = []
        self.began_at = clock.now()
        self.aftermath = Aftermath(plan.task_ids, self.began_at)
        self._counts: Counter[str] = Counter()
        self._ended = False
        self._failure = ""

    def add(self, outcome: Outcome) -> None:
        """Count one outcome; trouble is always kept, success up to a bound."""
        self._counts[outcome.outcome] += 1
        if outcome.outcome == "replayed":
            self.aftermath.sent(outcome.task_id, outcome.stored_as)
        if len(self.outcomes) < KEPT or outcome.outcome in TROUBLE:
            self.outcomes.append(outcome)

    def hold(self, *, on: bool) -> None:
        """Begin no more letters for now, or go on."""
        self._held = on
        if on:
            self.control.pause()
        else:
            self.control.resume()

    def change_pace(self, by: float) -> str:
        """Go so many times as fast as now; return the rate, empty for as fast as it goes."""
        return str(self.control.change_pace(by) or "")

    def hear(self, events: Iterable[TaskEvent]) -> None:
        """Take live events: some may be of the tasks that were replayed."""
        self.aftermath.hear(events)

    def end(self, failure: str = "") -> None:
        """It is over; `failure` says why it broke off."""
        self._failure = failure
        self._ended = True

    @property
    def progress(self) -> Progress:
        """What it stands at."""
        told = self.control.progress
        return Progress(
            plan=self.plan,
            counts=dict(self._counts),
            speed=told.speed,
            eta=told.eta,
            ended=self._ended,
            held=self._held and not self._ended,
            failure=self._failure,
            fates=self.aftermath.counts(),
            limit=str(told.rate or ""),
            reason=told.reason,
        )


def progress_lines(progress: Progress, width: int) -> list[Line]:
    """Return a run in lines of `width` cells: one, or more where what came of it needs the room."""
    outcomes, fates, notes = _outcomes(progress), _fates(progress), _notes(progress)
    hint, brief = (Span(f"  {text}" if progress.ended else "", "muted") for text in _hints())
    whole = (*_lead(progress), *outcomes, *fates, *notes, hint)
    if cells_of(whole) <= width:
        return [whole]
    short = line(Span(f" {tr(VERBS[progress.plan.kind])}:", "strong"))
    shapes: list[Line] = [(*_lead(progress), *outcomes, hint)]
    if progress.ended:
        shapes += [(*short, *outcomes, hint), (*short, *outcomes, brief)]
    else:
        # Where all went well so far, the bar has their number already.
        told = () if set(progress.counts) <= set(GOOD) else outcomes
        shapes += [(*_lead(progress, SHORT_BAR), *outcomes), (*_lead(progress, SHORT_BAR), *told)]
    first = next((shape for shape in shapes if cells_of(shape) <= width), shapes[-1])
    return [first, *_below([*fates, *notes], cells_of(short), width)]


def _below(told: Sequence[Span], indent: int, width: int) -> list[Line]:
    """Return what stands under the run's first line; what no line holds is wrapped."""
    pad = Span(" " * indent)
    lines: list[Line] = []
    for span in told:
        if lines and cells_of((*lines[-1], span)) <= width:
            lines[-1] = (*lines[-1], span)
        else:
            pieces = wrap(span.text.strip(), max(8, width - indent - 2))
            lines += [(pad, Span(f"  {piece.rstrip()}", span.tone)) for piece in pieces]
    return lines


def _outcomes(progress: Progress) -> list[Span]:
    spans = []
    for kind, number in sorted(progress.counts.items(), key=_order):
        tone: Tone = "ok" if kind in GOOD else "bad" if kind in TROUBLE else "muted"
        glyph = "●" if kind in GOOD else "✖" if kind in TROUBLE else "–"  # noqa: RUF001 - a glyph
        spans.append(Span(f"  {glyph} {trn(*COUNTED[kind], number, n=count(number))}", tone))
    if progress.not_reached:
        left = count(progress.not_reached)
        told = trn("{n} not reached", "{n} not reached", progress.not_reached, n=left)
        spans.append(Span(f"  – {told}", "warn"))  # noqa: RUF001 - a glyph
    return spans


def _order(counted: tuple[str, int]) -> tuple[bool, bool, str]:
    """What worked comes first, then trouble, then the rest."""
    kind, _ = counted
    return kind not in GOOD, kind not in TROUBLE, kind


def _fates(progress: Progress) -> list[Span]:
    spans = [
        Span(f"  {fate_words(fate, count(number))}", FATE_TONES[fate])
        for fate, number in progress.fates.items()
    ]
    return [Span("  →", "muted"), *spans] if spans else []


def _notes(progress: Progress) -> list[Span]:
    """Return why it waits, stopped, or broke off."""
    notes = []
    if progress.failure:
        broke = tr("broke off: {why}", why=literal(progress.failure))
        notes.append(Span(f"  ✖ {broke}", "bad"))
    if progress.reason is not None:
        notes.append(Span(f"  ▲ {literal(str(progress.reason))}", "warn"))
    return notes


def _lead(progress: Progress, bar: int = BAR) -> Line:
    kind = progress.plan.kind
    done, wanted = progress.settled, progress.plan.count
    if progress.ended:
        return line(Span(f" {trn(*_OF_LETTERS[kind], wanted, n=count(wanted))}:", "strong"))
    left = ""
    if progress.eta is not None:
        left = f" {rate(progress.speed)}" + tr(" {age} left", age=duration(progress.eta))
    if progress.limit:
        left = tr(" at {rate}", rate=progress.limit) + left
    if progress.held:
        left = tr(" ‖ held: P goes on")
    return line(
        Span(f" {tr(VERBS[kind])} ", "strong"),
        *gauge(done, wanted, bar),
        f" {count(done)}/{count(wanted)}{left}",
    )


def gauge(done: int, wanted: int, cells: int) -> Line:
    """Return how far something is as a bar of so many cells."""
    filled = min(cells, cells * done // max(1, wanted))
    return line(Span("█" * filled, "accent"), Span("░" * (cells - filled), "muted"))


def _hints() -> tuple[str, str]:
    return tr(" o outcomes  esc close"), tr("o more")


class RunBar(Widget):
    """The run that is under way, or the last one until it is closed."""

    DEFAULT_CSS = "RunBar { height: auto; display: none; background: $panel; text-wrap: nowrap; }"

    def __init__(self) -> None:
        super().__init__()
        self._progress: Progress | None = None

    def show(self, progress: Progress | None) -> None:
        """Show it, or nothing."""
        self.display = progress is not None
        if progress != self._progress:
            self._progress = progress
            self.refresh(layout=True)

    def render(self) -> Content:
        """Draw it."""
        if self._progress is None:
            return Content("")
        return content(progress_lines(self._progress, self.size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines it needs at this width."""
        del container, viewport
        return len(progress_lines(self._progress, width)) if self._progress else 1
