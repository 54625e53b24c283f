"""The app: it wires rooms, backend and monitor together, and does no work itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on, work
from textual.app import App, ComposeResult, SystemCommand
from textual.reactive import reactive
from textual.worker import Worker, WorkerState

from farutech_console.language import msg, tr
from farutech_console.tui import crash, themes
from farutech_console.tui.common.messages import Broke, Follow, RunRequested
from farutech_console.tui.common.trail import Trail
from farutech_console.tui.keys import ROOM_NAMES, bindings
from farutech_console.tui.preferences import Preferences
from farutech_console.tui.signals import HANGUP, handle_signals, has_terminal
from farutech_console.tui.start import Starting
from worker.model.clock import Clock, SystemClock
from worker.model.text import literal

# What is not needed for the first paint is imported after it.
if TYPE_CHECKING:
    from textual.screen import Screen

    from farutech_console.operations.backend import Backend
    from farutech_console.operations.model import TaskEvent
    from farutech_console.operations.trend import Trend
    from farutech_console.tui.commands import Entered
    from farutech_console.tui.common.alarm import Alarm
    from farutech_console.tui.common.live import Live
    from farutech_console.tui.common.progress import Progress, Run
    from farutech_console.tui.monitor import Monitor

BREAKPOINTS = [(0, "-narrow"), (140, "-wide")]
"""Columns from which a screen has the class: rooms show more side by side then."""

HEIGHTS = [(0, "-short"), (36, "-tall")]
"""Rows, likewise: rooms show more beneath each other then."""

LISTEN_S = 0.1
LISTENING_S = 5.0
"""Seconds from the first poll after which it is certain that we listen."""
TERMINAL_S = 2.0
OPENING = "opening the backend"
OURS_INSTEAD = frozenset({"Quit", "Keys", "Screenshot"})
"""Textual's commands that ours stand for, or that would write a picture of payloads to a disk."""

PALETTE = (
    msg("Theme"),
    msg("Change the current theme"),
    msg("Maximize"),
    msg("Maximize the focused widget"),
    msg("Minimize"),
    msg("Minimize the widget and restore to normal size"),
)
"""What Textual calls the commands that it offers beside ours."""


class ConsoleApp(App[None]):
    """The console over one work queue.

    Args:
        backend: The operations. It is entered after the first paint and left when the app ends.
        clock: Where the time comes from.
        notice: One line that stands under the header of every room, empty for none.
        theme: `dark` or `light`.
        trend: What was seen before, empty where it is left out.
        preferences: What the operator wants of the screens; asked for once the backend is open,
            whose settings they are among.
    """

    TITLE = "farutech"
    BINDINGS = bindings("everywhere", "run")
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    VERTICAL_BREAKPOINTS = HEIGHTS
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
    .tone--badge { color: $background; background: $tone-accent; }
    .tone--alert { color: $background; background: $tone-bad; }
    .tone--unset { color: $background; background: $tone-muted; }
    """

    # Rooms watch them, and paint what changed: the app itself would paint the whole screen.
    live: reactive[Live | None] = reactive(None, repaint=False)
    run_progress: reactive[Progress | None] = reactive(None, repaint=False)

    def __init__(
        self,
        backend: Backend,
        clock: Clock,
        *,
        notice: str = "",
        theme: str = "dark",
        trend: Trend | None = None,
        preferences: Callable[[], Preferences] = Preferences,
    ) -> None:
        super().__init__()
        self._backend, self._clock, self._notice = backend, clock, notice
        self._trend, self._preferences = trend, preferences
        self._alarm: Alarm | None = None
        self._open = AsyncExitStack()
        self._monitor: Monitor | None = None
        self._run: Run | None = None
        self._trail = Trail(ROOM_NAMES)
        self.refusal: BaseException | None = None
        for known in themes.THEMES.values():
            self.register_theme(known)
        self.theme = themes.THEMES[theme].name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Lend our variables to Textual's own themes."""
        return dict(themes.DEFAULTS)

    def compose(self) -> ComposeResult:
        """What stands there until there is a room."""
        yield Starting()

    def on_mount(self) -> None:
        """Paint first, then open the backend."""
        handle_signals(self._leave)
        if has_terminal() and not self.is_headless:
            self.set_interval(TERMINAL_S, self._check_terminal)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._open.push_async_exit(self._backend)
        self.run_worker(self._backend.__aenter__(), name=OPENING, exit_on_error=False)

    async def _furnish(self) -> None:
        """Put up the rooms, then look at the queue and listen."""
        from farutech_console.operations.trend import Trend
        from farutech_console.tui.common.alarm import Alarm
        from farutech_console.tui.common.eventlog import EventLog
        from farutech_console.tui.common.room import Desk
        from farutech_console.tui.monitor import Monitor
        from farutech_console.tui.rooms import ROOMS

        events, trend = EventLog(), self._trend or Trend(settle=LISTENING_S)
        preferences = self._preferences()
        self._alarm = Alarm(preferences)
        desk = Desk(self._backend, self._clock, events, trend, self._notice, preferences)
        monitor = Monitor(self._backend, events, trend, self._publish, self._heard)
        self._monitor = monitor
        self.live = monitor.live
        for room, kind in ROOMS.items():
            self.add_mode(room, partial(kind, desk))
        await self.switch_mode("overview")
        self.run_worker(monitor.run(), name=msg("the status poll"), exit_on_error=False)
        self.run_worker(
            monitor.look_deeper(), name=msg("the look at the workers"), exit_on_error=False
        )
        self.run_worker(
            self._finish_interrupted(monitor),
            name=msg("the look for what was interrupted"),
            exit_on_error=False,
        )
        self.set_interval(LISTEN_S, monitor.listen)

    async def _finish_interrupted(self, monitor: Monitor) -> None:
        for told in await monitor.finish_interrupted():
            self.notify(literal(told), title=tr("Of an earlier run"), timeout=30, markup=False)

    async def on_unmount(self) -> None:
        """Close the connection, whatever was going on."""
        await self._open.aclose()

    def _publish(self, live: Live) -> None:
        self.live = live
        if self._alarm is not None and live.status is not None:
            self._call(self._alarm, self._alarm.heard(live.status))

    def _call(self, alarm: Alarm, text: str) -> None:
        """Call the operator, who may look elsewhere."""
        if not text:
            return
        self.notify(text, title=tr("Look here"), severity="warning", timeout=20, markup=False)
        if alarm.way == "bell":
            self.bell()
        elif self._driver is not None and not self.is_headless:
            from farutech_console.tui.common.alarm import desktop_notification

            self._driver.write(desktop_notification(text))

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
        if event.worker.name == OPENING:
            self._opened(event)
        elif event.state is WorkerState.ERROR:
            self._broke(Broke(event.worker))

    def _opened(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.SUCCESS:
            self.call_next(self._furnish)
        elif event.state is WorkerState.ERROR:
            self.refusal = event.worker.error
            self._leave(1)

    @on(Broke)
    def _broke(self, event: Broke) -> None:
        if self._monitor is not None:
            self._monitor.broke(event.what)

    # Rooms and dialogs

    async def action_room(self, room: str) -> None:
        """Go to a room, once there are any."""
        if self._monitor is not None and room != self.current_mode:
            self._trail.go(room)
            await self.switch_mode(room)

    @on(Follow)
    async def _follow(self, event: Follow) -> None:
        from farutech_console.tui.common.room import Room

        await self.action_room(event.room)
        if isinstance(self.screen, Room):
            self.screen.look_at(event.evidence)

    async def action_before(self) -> None:
        """Go to the room where the operator was before."""
        if room := self._trail.back():
            await self.switch_mode(room)

    async def action_after(self) -> None:
        """Go forth again."""
        if room := self._trail.forth():
            await self.switch_mode(room)

    @work(exclusive=True, group="command", exit_on_error=False)
    async def action_command(self) -> None:
        """Ask for a command, and do it."""
        from farutech_console.tui.commands import offered
        from farutech_console.tui.common.commandbar import CommandBar
        from farutech_console.tui.common.room import Room

        if not isinstance(self.screen, Room):
            return
        entered = await self.push_screen_wait(
            CommandBar(offered(read_only=self._backend.read_only))
        )
        if entered is not None:
            await self._do(entered)

    async def _do(self, entered: Entered) -> None:
        from farutech_console.tui.common.room import Room

        name, argument = entered.command.name, entered.argument
        if name in self._trail.rooms:
            await self.action_room(name)
        elif name == "theme":
            self._take_theme(argument)
        elif name == "rate":
            self._take_rate(argument)
        elif name == "help":
            self.action_help()
        elif name == "quit":
            await self.action_quit()
        else:
            await self.action_room(entered.command.room)
            if isinstance(self.screen, Room):
                self.screen.command(name, argument)

    def _take_theme(self, name: str) -> None:
        found = themes.THEMES.get(name.casefold())
        if found is None:
            known = tr(" or ").join(themes.THEMES)
            told = tr("There is no theme {name}: {known}.", name=literal(name, 20), known=known)
            self.notify(told, markup=False)
        else:
            self.theme = found.name

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer our commands in the palette, beside Textual's own."""
        from farutech_console.tui.commands import Entered, offered
        from farutech_console.tui.common.room import Room

        if isinstance(screen, Room):
            for command in offered(read_only=self._backend.read_only):
                if not command.needs_argument:
                    run = partial(self._do, Entered(command, ""))
                    yield SystemCommand(
                        command.name, tr(command.help), partial(self.call_next, run)
                    )
        for known in super().get_system_commands(screen):
            if known.title not in OURS_INSTEAD:
                yield known._replace(title=tr(known.title), help=tr(known.help))

    def action_help(self) -> None:
        """Show the keys."""
        from farutech_console.tui.common.help import Help
        from farutech_console.tui.common.room import Room

        room = self.screen
        if isinstance(room, Room):
            named = bool(room.desk.preferences.environment)
            self.push_screen(Help(room.NAME, read_only=self._backend.read_only, named=named))

    async def action_back(self) -> None:
        """Let the room go back a step; else put away the last run, if it is over."""
        from farutech_console.tui.common.room import Room

        if isinstance(self.screen, Room) and self.screen.go_back():
            return
        if self.run_progress is not None and self.run_progress.ended:
            self.run_progress = self._run = None

    # Runs

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
        if self._run is not None:
            self.run_progress = self._run.progress

    def action_hold_run(self) -> None:
        """Hold the run, or let it go on."""
        if self._run is not None:
            self._run.hold(on=not self._run.progress.held)
            self._show_run()

    def action_stop_run(self) -> None:
        """Begin no more letters; what is done stays done."""
        if self._run is not None and not self._run.progress.ended:
            self._run.control.cancel("stopped by the operator")
            told = tr("No more letters are begun; those in hand are finished.")
            self.notify(told, markup=False)

    def _take_rate(self, text: str) -> None:
        from farutech_console.operations.velocity import parse_rate

        if self._run is None or self._run.progress.ended:
            self.notify(tr("No run is under way."), severity="warning")
            return
        try:
            self._run.control.change_rate(None if text == "max" else parse_rate(text))
        except ValueError as error:
            self.notify(literal(str(error)), severity="warning", markup=False)
        else:
            self.notify(tr("The run goes at {rate}.", rate=literal(text, 20)), markup=False)

    def action_change_pace(self, by: float) -> None:
        """Have the run go so many times as fast."""
        if self._run is not None and not self._run.progress.ended:
            rate = self._run.change_pace(by)
            told = (
                tr("The run goes at {rate}.", rate=rate) if rate else tr("It goes at full speed.")
            )
            self.notify(told, markup=False)
            self._show_run()

    def action_outcomes(self) -> None:
        """Show what became of each letter of the last run, and those that failed again."""
        from farutech_console.tui.common.outcomes import Outcomes

        if self._run is not None:
            self.push_screen(Outcomes(self._run), self._look_at)

    def _look_at(self, evidence: str | None) -> None:
        if evidence:
            self.post_message(Follow("dlq", evidence))

    # Ends

    def _fatal_error(self) -> None:
        """Leave with the places the error went through, and nothing that anybody sent."""
        self.bell()
        error = self._exception
        if error is not None:
            self._exit_renderables.append(Text(crash.report(error)))
        self._close_messages_no_wait()


def run_console(
    backend: Backend,
    *,
    clock: Clock | None = None,
    notice: str = "",
    theme: str = "dark",
    preferences: Callable[[], Preferences] = Preferences,
) -> int:
    """Show the console until the operator leaves; returns the process's exit code.

    Raises:
        BaseException: whatever entering the backend raised, once the terminal is put back.
    """
    app = ConsoleApp(
        backend, clock or SystemClock(), notice=notice, theme=theme, preferences=preferences
    )
    app.run()
    if app.refusal is not None:
        raise app.refusal
    return app.return_code or 0
