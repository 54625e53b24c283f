"""What became of each letter of a run: trouble first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from farutech_console.language import msg, tr, trn
from farutech_console.operations.units import count
from farutech_console.tui.common.aftermath import Aftermath, fate_words
from farutech_console.tui.common.dialog import Modal
from farutech_console.tui.common.failed_again import failed_again
from farutech_console.tui.common.frame import Frame
from farutech_console.tui.common.progress import FATE_TONES, GOOD, TROUBLE, VERBS, Run
from farutech_console.tui.common.spans import Line, Span, Tone, line
from farutech_console.tui.common.textview import TextView
from worker.model.cells import fit
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.model import Outcome, OutcomeKind

ID, SHORT_ID = 36, 13
WIDE = 110
"""Columns of the terminal from which a whole task id is shown."""

LOOK_S, LOOK_AT_MANY_S, MANY = 1.0, 5.0, 1000
"""Seconds between looks at what became of more letters meanwhile, also where they are many."""

OUTCOME_WORDS: dict[OutcomeKind, str] = {
    "replayed": msg("replayed"),
    "already": msg("already"),
    "failed": msg("failed"),
    "unknown": msg("unknown"),
    "purged": msg("purged"),
    "restored": msg("restored"),
}
_KNOWN_DETAILS = (
    msg("no longer there: replayed or purged by someone else"),
    msg("its dead letter could not be deleted yet; to replay it again sends nothing"),
)
"""What is recorded in English and shown in the operator's language."""

_LOOKS: dict[str, tuple[str, Tone]] = {
    "good": ("●", "ok"),
    "bad": ("✖", "bad"),
    "other": ("·", "muted"),
}


def outcome_lines(
    outcomes: Sequence[Outcome],
    aftermath: Aftermath,
    id_width: int = ID,
    *,
    settled: int = 0,
    not_reached: int = 0,
) -> list[Line]:
    """Return a line per outcome: trouble first, then what died again, else in their order.

    At the end, how many of the `settled` are not among them, and how many were `not_reached`.
    """
    ranked = sorted(outcomes, key=lambda outcome: _rank(outcome, aftermath))
    widths = max(len(tr(word)) for word in OUTCOME_WORDS.values()) + 1, id_width
    lines = [_outcome_line(outcome, aftermath, *widths) for outcome in ranked]
    lines = lines or [line(tr("No letter has an outcome yet."))]
    if (more := settled - len(outcomes)) > 0:
        told = trn("… {n} more is not listed", "… {n} more are not listed", more, n=count(more))
        lines.append(line(Span(told, "muted")))
    if not_reached:
        told = trn(
            "{n} not reached: it lies where it lay",
            "{n} not reached: they lie where they lay",
            not_reached,
            n=count(not_reached),
        )
        lines.append(line(Span(f"– {told}", "warn")))  # noqa: RUF001 - a glyph
    return lines


def _rank(outcome: Outcome, aftermath: Aftermath) -> int:
    if outcome.outcome in TROUBLE:
        return 0
    return 1 if aftermath.fate(outcome.task_id)[0] in ("dead", "stuck") else 2


def _outcome_line(outcome: Outcome, aftermath: Aftermath, word_width: int, id_width: int) -> Line:
    good, bad = outcome.outcome in GOOD, outcome.outcome in TROUBLE
    glyph, tone = _LOOKS["good" if good else "bad" if bad else "other"]
    task_id = fit(literal(outcome.task_id, ID) or tr("(no task id)"), id_width)
    return line(
        Span(f"{glyph} {tr(OUTCOME_WORDS[outcome.outcome]):<{word_width}}", tone),
        f" {outcome.sequence:>8}  {task_id}  ",
        *_then(outcome, aftermath),
    )


def _then(outcome: Outcome, aftermath: Aftermath) -> list[Span]:
    """Return what is said of the outcome, and of the task since."""
    if outcome.outcome != "replayed":
        return [
            Span(literal(tr(outcome.detail)), "plain" if outcome.outcome in TROUBLE else "muted")
        ]
    fate, why = aftermath.fate(outcome.task_id)
    words = fate_words(fate) + (f": {literal(why, 300)}" if why else "")
    mind = [Span(f"  ▲ {literal(tr(outcome.detail))}", "warn")] if outcome.detail else []
    return [Span(words, FATE_TONES[fate]), *mind]


class Outcomes(Modal["str | None"]):
    """The outcomes of the last run, and those that come while it is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,o,q", "close", "close", show=False),
        Binding("enter", "letters", "those that failed again", show=False),
    ]
    DEFAULT_CSS = """
    Outcomes { align: center middle; background: $background 60%; }
    Outcomes > Vertical {
        width: 96%; height: 80%;
        border: round $tone-accent; background: $surface; padding: 0 1;
    }
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._title = tr("{verb}: what became of each letter", verb=tr(VERBS[run.plan.kind]))
        self._run = run
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The outcomes, in a view that scrolls."""
        with Frame(self._title):
            yield TextView()

    def on_mount(self) -> None:
        """Follow the run, and what is heard of its tasks."""
        many = self._run.plan.count > MANY
        self.set_interval(LOOK_AT_MANY_S if many else LOOK_S, self._fill)

    def on_resize(self) -> None:
        """Fill it; where space is short the ids are."""
        super().on_resize()
        self._fill()

    def _fill(self) -> None:
        run, progress = self._run, self._run.progress
        id_width = ID if self.app.size.width >= WIDE else SHORT_ID
        state = (id_width, progress.counts, progress.fates, progress.not_reached)
        if state == self._shown:
            return
        self._shown = state
        again = tr("enter the letters that failed again · ") if failed_again(run) else ""
        self.query_one(Frame).border_subtitle = again + tr("esc close")
        lines = outcome_lines(
            run.outcomes,
            run.aftermath,
            id_width,
            settled=progress.settled,
            not_reached=progress.not_reached,
        )
        self.query_one(TextView).show(lines)

    def action_letters(self) -> None:
        """Show the letters that failed again; where there are none, back to work."""
        self.dismiss(str(failed_again(self._run)))

    def action_close(self) -> None:
        """Back to work."""
        self.dismiss(None)
