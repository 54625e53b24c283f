"""What became of each letter of a run: trouble first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from farutech_console.tui.common.progress import GOOD, TROUBLE
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.common.textview import TextView
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.model import Outcome


def outcome_lines(outcomes: Sequence[Outcome]) -> list[Line]:
    """Return a line per outcome, failed and unknown ones first, else in their order."""
    ranked = sorted(outcomes, key=lambda outcome: outcome.outcome not in TROUBLE)
    return [_outcome_line(outcome) for outcome in ranked] or [line("No letter has an outcome yet.")]


def _outcome_line(outcome: Outcome) -> Line:
    good, bad = outcome.outcome in GOOD, outcome.outcome in TROUBLE
    glyph, tone = ("●", "ok") if good else ("✖", "bad") if bad else ("·", "muted")
    return line(
        Span(f"{glyph} {outcome.outcome:<9}", "ok" if good else "bad" if bad else "muted"),
        f" {outcome.sequence:>8}  {literal(outcome.task_id, 36) or '(no task id)':<36}  ",
        Span(literal(outcome.detail), "muted" if tone != "bad" else "plain"),
    )


class Outcomes(ModalScreen[None]):
    """The outcomes of the last run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,o,q,enter", "close", "close", show=False)
    ]
    DEFAULT_CSS = """
    Outcomes { align: center middle; background: $background 60%; }
    Outcomes > Vertical {
        width: 96%; height: 80%;
        border: round $tone-accent; background: $surface; padding: 0 1;
    }
    """

    def __init__(self, title: str, outcomes: Sequence[Outcome]) -> None:
        super().__init__()
        self._title = title
        self._lines = outcome_lines(outcomes)

    def compose(self) -> ComposeResult:
        """The outcomes, in a view that scrolls."""
        with Vertical() as box:
            box.border_title = self._title
            box.border_subtitle = "esc close"
            yield TextView()

    def on_mount(self) -> None:
        """Fill it."""
        self.query_one(TextView).show(self._lines)

    def action_close(self) -> None:
        """Back to work."""
        self.dismiss()
