"""The run of a plan: one at a time, which goes on while other rooms are looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.reactive import reactive

from farutech_console.language import msg, tr
from farutech_console.tui.common.messages import Follow, RunRequested
from farutech_console.tui.keysinorder import KeysInOrder
from worker.model.text import literal

# What is not needed for the first paint is imported after it.
if TYPE_CHECKING:
    from collections.abc import Sequence

    from farutech_console.operations.backend import Backend
    from farutech_console.operations.model import TaskEvent
    from farutech_console.tui.common.progress import Progress, Run
    from worker.model.clock import Clock

LISTEN_S = 0.1
"""Seconds between looks at what was heard, and at how far a run is."""

BRIEF_S = 2.0
"""Seconds that a key of the bar is answered: the bar itself tells the rest."""


class Running(KeysInOrder):
    """An app that carries out plans, and holds the reins of the one under way."""

    # Rooms watch it, and paint what changed: the app itself would paint the whole screen.
    run_progress: reactive[Progress | None] = reactive(None, repaint=False)

    def __init__(self, backend: Backend, clock: Clock) -> None:
        super().__init__()
        self._backend, self._clock = backend, clock
        self._run: Run | None = None

    def hear(self, events: Sequence[TaskEvent]) -> None:
        """Tell the run: its tasks may be among them."""
        if self._run is not None:
            self._run.hear(events)
            self._show_run()

    def put_away_run(self) -> None:
        """Show the run no more, if it is over."""
        if self.run_progress is not None and self.run_progress.ended:
            self.run_progress = self._run = None

    @on(RunRequested)
    def _start(self, event: RunRequested) -> None:
        from farutech_console.tui.common.progress import Run

        if self._run is not None and not self._run.progress.ended:
            told = tr("Another run is under way: wait for it to end.")
            self.notify(told, severity="warning", markup=False)
            return
        self._run = Run(event.plan, self._clock)
        self.run_progress = self._run.progress
        self.run_worker(self._carry_out(self._run), name=msg("the run"), exit_on_error=False)

    async def _carry_out(self, run: Run) -> None:
        from farutech_console.tui.common.failures import expected, in_words

        watch = self.set_interval(LISTEN_S, self._show_run)
        failure = tr("the console itself failed")
        try:
            async for outcome in self._backend.run(run.plan, run.control):
                run.add(outcome)
            failure = ""
        except expected() as error:
            failure = in_words(error)
        finally:
            watch.stop()
            run.end(failure)
            self._show_run()

    def _show_run(self) -> None:
        if self._run is None:
            return
        progress = self._run.progress
        waits = progress.ended or progress.held or progress.reason is not None
        if not (waits or self._backend.link().connected):
            from farutech_console.operations.pace.reasons import Reason

            progress = replace(progress, reason=Reason("offline"))
        self.run_progress = progress

    def action_hold_run(self) -> None:
        """Hold the run, or let it go on."""
        if self._run is not None:
            self._run.hold(on=not self._run.progress.held)
            self._show_run()

    def action_stop_run(self) -> None:
        """Begin no more letters; what is done stays done."""
        from farutech_console.operations.pace.reasons import Reason

        if self._run is not None and not self._run.progress.ended:
            self._run.control.cancel(Reason("stopped"))
            told = tr("No more letters are begun; those in hand are finished.")
            self.notify(told, timeout=BRIEF_S, markup=False)

    def take_rate(self, text: str) -> None:
        """Have the run go at this rate, such as `50/s` or `max`; what is none is told."""
        from farutech_console.operations.pace.pacing import parse_rate

        if self._run is None or self._run.progress.ended:
            told = tr("No run is under way; replay 50/s begins one at that rate.")
            self.notify(told, severity="warning", markup=False)
            return
        try:
            self._run.control.change_rate(None if text == "max" else parse_rate(text))
        except ValueError as error:
            self.notify(literal(str(error)), severity="warning", markup=False)
        else:
            told = tr("The run goes at {rate}.", rate=literal(text, 20))
            self.notify(told, timeout=BRIEF_S, markup=False)

    def action_change_pace(self, by: float) -> None:
        """Have the run go so many times as fast."""
        if self._run is not None and not self._run.progress.ended:
            rate = self._run.change_pace(by)
            told = (
                tr("The run goes at {rate}.", rate=rate) if rate else tr("It goes at full speed.")
            )
            self.notify(told, timeout=BRIEF_S, markup=False)
            self._show_run()

    def action_outcomes(self) -> None:
        """Show what became of each letter of the last run, and those that failed again."""
        from farutech_console.tui.common.outcomes import Outcomes

        if self._run is not None:
            self.push_screen(Outcomes(self._run), self._look_at)

    def _look_at(self, evidence: str | None) -> None:
        if evidence:
            self.post_message(Follow("dlq", evidence))
