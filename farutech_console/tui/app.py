"""The app: it wires rooms, backend and monitor together, and does no work itself."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.app import App
from textual.reactive import reactive
from textual.worker import Worker, WorkerState

from farutech_console.operations.trend import Trend
from farutech_console.tui import crash, themes
from farutech_console.tui.common.eventlog import EventLog
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.help import Help
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.outcomes import Outcomes
from farutech_console.tui.common.progress import Progress, Run
from farutech_console.tui.common.room import Broke, Desk, Room, RunRequested
from farutech_console.tui.dlq.screen import DeadLettersRoom
from farutech_console.tui.keys import bindings
from farutech_console.tui.monitor import Monitor
from farutech_console.tui.overview.screen import OverviewRoom
from farutech_console.tui.signals import HANGUP, handle_signals, has_terminal
from farutech_console.tui.tasks.screen import TasksRoom
from worker.model.clock import Clock, SystemClock

if TYPE_CHECKING:
    from farutech_console.operations.backend import Backend
    from farutech_console.operations.model import TaskEvent

BREAKPOINTS = [(0, "-narrow"), (140, "-wide")]
"""Columns from which a screen has the class: rooms show more side by side then."""

LISTEN_S = 0.1
TERMINAL_S = 2.0


class ConsoleApp(App[None]):
    """The console over one work queue.

    Args:
        backend: The operations. It is entered when the app starts and left when it ends.
        clock: Where the time comes from.
        notice: One line that stands under the header of every room, empty for none.
        theme: `dark` or `light`.
    """

    TITLE = "farutech"
    BINDINGS = bindings("everywhere", "run")
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    ENABLE_COMMAND_PALETTE = True
    CSS = """
    Room { background: $background; color: $foreground; }
    .tone--muted { color: $tone-muted; }
    .tone--strong { text-style: bold; }
    .tone--ok { color: $tone-ok; }
    .tone--warn { color: $tone-warn; }
    .tone--bad { color: $tone-bad; }
    .tone--accent { color: $tone-accent; }
    .tone--first { color: $tone-first; }
    .tone--second { color: $tone-second; }
    .tone--third { color: $tone-third; }
    """

    live: reactive[Live | None] = reactive(None)
    run_progress: reactive[Progress | None] = reactive(None)

    def __init__(
        self, backend: Backend, clock: Clock, *, notice: str = "", theme: str = "dark"
    ) -> None:
        super().__init__()
        self._backend, self._clock = backend, clock
        events, trend = EventLog(), Trend()
        self._desk = Desk(backend, clock, events, trend, notice)
        self._monitor = Monitor(backend, events, trend, self._publish, self._heard)
        self._open = AsyncExitStack()
        self._run: Run | None = None
        for room, kind in ROOMS.items():
            self.add_mode(room, partial(kind, self._desk))
        for known in themes.THEMES.values():
            self.register_theme(known)
        self.theme = themes.THEMES[theme].name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Lend our variables to Textual's own themes."""
        return dict(themes.DEFAULTS)

    async def on_mount(self) -> None:
        """Show the overview, then connect."""
        self.live = self._monitor.live
        await self.switch_mode("overview")
        handle_signals(self._leave)
        if has_terminal() and not self.is_headless:
            self.set_interval(TERMINAL_S, self._check_terminal)
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        await self._open.enter_async_context(self._backend)
        self.run_worker(self._monitor.run(), name="the status poll", exit_on_error=False)
        self.set_interval(LISTEN_S, self._monitor.listen)

    async def on_unmount(self) -> None:
        """Close the connection, whatever was going on."""
        await self._open.aclose()

    def _publish(self, live: Live) -> None:
        self.live = live

    def _heard(self, events: Sequence[TaskEvent]) -> None:
        """Tell the run: its tasks may be among them."""
        if self._run is not None:
            self._run.hear(events)
            self._show_run()

    def _leave(self, code: int) -> None:
        self.exit(return_code=code)

    def _check_terminal(self) -> None:
        if not has_terminal():
            self._leave(HANGUP)

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        """Show that a part of the console died; its figures would be old without a word."""
        if event.state is WorkerState.ERROR:
            self._broke(Broke(event.worker))

    @on(Broke)
    def _broke(self, event: Broke) -> None:
        self._monitor.broke(event.what)

    # Rooms and dialogs

    def action_room(self, room: str) -> None:
        """Go to a room."""
        self.switch_mode(room)

    def action_help(self) -> None:
        """Show the keys."""
        room = self.screen
        if isinstance(room, Room):
            self.push_screen(Help(room.NAME, read_only=self._backend.read_only))

    async def action_back(self) -> None:
        """Let the room go back a step; else put away the last run, if it is over."""
        if isinstance(self.screen, Room) and self.screen.go_back():
            return
        if self.run_progress is not None and self.run_progress.ended:
            self.run_progress = self._run = None

    # Runs

    @on(RunRequested)
    def _start(self, event: RunRequested) -> None:
        if self._run is not None and not self._run.progress.ended:
            self.notify("Another run is under way: wait for it to end.", severity="warning")
            return
        self._run = Run(event.plan, self._clock)
        self.run_progress = self._run.progress
        self.run_worker(self._carry_out(self._run), name="the run", exit_on_error=False)

    async def _carry_out(self, run: Run) -> None:
        watch = self.set_interval(LISTEN_S, self._show_run)
        failure = "the console itself failed"
        try:
            async for outcome in self._backend.run(run.plan):
                run.add(outcome)
            failure = ""
        except expected() as error:
            failure = in_words(error)
        finally:
            watch.stop()
            run.end(failure)
            self._show_run()

    def _show_run(self) -> None:
        if self._run is not None:
            self.run_progress = self._run.progress

    def action_outcomes(self) -> None:
        """Show what became of each letter of the last run."""
        if self._run is not None:
            self.push_screen(Outcomes(self._run))

    # Ends

    def _fatal_error(self) -> None:
        """Leave with the places the error went through, and nothing that anybody sent."""
        self.bell()
        error = self._exception
        if error is not None:
            self._exit_renderables.append(Text(crash.report(error)))
        self._close_messages_no_wait()


ROOMS: dict[str, type[Room]] = {
    "overview": OverviewRoom,
    "tasks": TasksRoom,
    "dlq": DeadLettersRoom,
}


def run_console(
    backend: Backend,
    *,
    clock: Clock | None = None,
    notice: str = "",
    theme: str = "dark",
) -> int:
    """Show the console until the operator leaves; returns the process's exit code."""
    app = ConsoleApp(backend, clock or SystemClock(), notice=notice, theme=theme)
    app.run()
    return app.return_code or 0
