"""The app: it wires rooms, backend and monitor together, and does no work itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual._styles_cache import StylesCache
from textual.app import ComposeResult
from textual.reactive import reactive
from textual.worker import Worker, WorkerState

from farutech_console.language import msg, tr
from farutech_console.tui import crash, garbage, themes
from farutech_console.tui.common.messages import Broke
from farutech_console.tui.keys import bindings
from farutech_console.tui.navigating import Navigating
from farutech_console.tui.preferences import Preferences
from farutech_console.tui.running import LISTEN_S
from farutech_console.tui.signals import HANGUP, forget_terminal, handle_signals, has_terminal
from farutech_console.tui.start import Starting
from farutech_console.tui.stylesheet import ParsedOnce
from worker.model.clock import Clock, SystemClock
from worker.model.text import literal

# What is not needed for the first paint is imported after it.
if TYPE_CHECKING:
    from textual.driver import Driver

    from farutech_console.operations.backend import Backend
    from farutech_console.operations.watch.trend import Trend
    from farutech_console.tui.common.alarm import Alarm
    from farutech_console.tui.common.live import Live
    from farutech_console.tui.monitor import Monitor

BREAKPOINTS = [(0, "-narrow"), (140, "-wide")]
"""Columns from which a screen has the class: rooms show more side by side then."""

HEIGHTS = [(0, "-short"), (36, "-tall")]
"""Rows, likewise: rooms show more beneath each other then."""

LISTENING_S = 5.0
"""Seconds from the first poll after which it is certain that we listen."""
TERMINAL_S = 2.0
REST_S = 0.5
"""Seconds without a key or the mouse after which nobody waits for anything."""
FORGET_S = 10.0
"""Seconds between two times at which Textual is made to forget what is shown no more."""
OPENING = "opening the backend"


def forget_removed() -> None:
    """Have Textual let go of what is not on a screen any more.

    Through this cache Textual 8.2.8 holds up to a thousand removed widgets' lines (its issue 6665):
    those of every dialog and notification that was shown.
    """
    StylesCache.get_inner_outer.cache_clear()


class ConsoleApp(Navigating):
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
    /* Above the run and the keys; over a dialog at the top, as its buttons are at its foot. */
    Room > ToastRack { margin-bottom: 5; }
    Modal > ToastRack { dock: top; align: right top; margin: 0; }
    /* Textual's own are too faint to be read, and a field has no other label. */
    Input > .input--placeholder { color: $tone-muted; }
    Area > .text-area--gutter { color: $tone-muted; }
    Area > .text-area--cursor-gutter { color: $foreground; }
    Dialog Button:disabled {
        color: $tone-muted; background: $panel; opacity: 100%; text-opacity: 100%;
    }
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

    # Rooms watch it, and paint what changed: the app itself would paint the whole screen.
    live: reactive[Live | None] = reactive(None, repaint=False)

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
        super().__init__(backend, clock)
        self._notice = notice
        self.at_rest: Callable[[], None] = lambda: None
        """Called now and then while nobody touches anything, for what would hold them up."""
        self._trend, self._preferences = trend, preferences
        self._alarm: Alarm | None = None
        self._open = AsyncExitStack()
        self._monitor: Monitor | None = None
        self._waits_for_figures = False
        self.refusal: BaseException | None = None
        for known in themes.THEMES.values():
            self.register_theme(known)
        self.theme = themes.THEMES[theme].name
        self.stylesheet = ParsedOnce(variables=self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Lend our variables to Textual's own themes."""
        return dict(themes.DEFAULTS)

    def compose(self) -> ComposeResult:
        """What stands there until there is a room."""
        yield Starting()

    def on_mount(self) -> None:
        """Paint first, then open the backend."""
        handle_signals(self._leave)
        if not (self.is_headless or self.is_web):
            # Also where it is gone already: then this is what ends the console.
            self.set_interval(TERMINAL_S, self._check_terminal)
        self.set_interval(FORGET_S, forget_removed)
        self.set_interval(REST_S, self._rest)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._open.push_async_exit(self._backend)
        self.run_worker(self._backend.__aenter__(), name=OPENING, exit_on_error=False)

    async def _furnish(self) -> None:
        """Put up the rooms, then look at the queue and listen."""
        from farutech_console.operations.watch.trend import Trend
        from farutech_console.tui.common.alarm import Alarm
        from farutech_console.tui.common.eventlog import EventLog
        from farutech_console.tui.common.room import Desk
        from farutech_console.tui.monitor import Monitor
        from farutech_console.tui.rooms import ROOMS, open_room

        events, trend = EventLog(), self._trend or Trend(settle=LISTENING_S)
        preferences = self._preferences()
        self._alarm = Alarm(preferences)
        desk = Desk(self._backend, self._clock, events, trend, self._notice, preferences)
        monitor = Monitor(self._backend, events, trend, self._publish, self.hear)
        self._monitor = monitor
        self.live = monitor.live
        for room in ROOMS:
            self.add_mode(room, partial(open_room, room, desk))
        self.furnished = True
        # The server is asked while the room is put up.
        self.run_worker(monitor.run(), name=msg("the status poll"), exit_on_error=False)
        await self.switch_mode("overview")
        monitor.listen()
        self.set_interval(LISTEN_S, monitor.listen)
        self._waits_for_figures = True
        self._publish(monitor.live)

    def _go_on(self, monitor: Monitor) -> None:
        """Begin what can wait for the first figures: the threads share one Python with them."""
        from farutech_console.tui.rooms import load_rooms

        for work, name in (
            (monitor.look_deeper(), msg("the look at the workers")),
            (self._finish_interrupted(monitor), msg("the look for what was interrupted")),
            (asyncio.to_thread(load_rooms), msg("the import of rooms")),
        ):
            self.run_worker(work, name=name, exit_on_error=False)

    async def _finish_interrupted(self, monitor: Monitor) -> None:
        for told in await monitor.finish_interrupted():
            self.notify(literal(told), title=tr("Of an earlier run"), timeout=30, markup=False)

    async def on_unmount(self) -> None:
        """Close the connection, whatever was going on."""
        await self._open.aclose()

    def _publish(self, live: Live) -> None:
        self.live = live
        if self._waits_for_figures and self._monitor is not None and live.status is not None:
            self._waits_for_figures = False
            self.call_after_refresh(self._go_on, self._monitor)
        if self._alarm is not None and live.status is not None:
            self._call(self._alarm, self._alarm.heard(live.status, live.fleet))

    def _call(self, alarm: Alarm, text: str) -> None:
        """Call the operator, who may look elsewhere."""
        if not text:
            return
        self.notify(text, title=tr("Look here"), severity="warning", timeout=20, markup=False)
        if alarm.way in ("bell", "both"):
            self.bell()
        if alarm.way in ("desktop", "both") and self._driver is not None and not self.is_headless:
            self._driver.write(alarm.notification(text))

    def _rest(self) -> None:
        if time.monotonic() - self.touched_at > REST_S:
            self.at_rest()

    def _leave(self, code: int) -> None:
        self.exit(return_code=code)

    def get_driver_class(self) -> type[Driver]:
        """Return what draws: on a terminal, what outlives it."""
        chosen = super().get_driver_class()
        if chosen.__module__ != "textual.drivers.linux_driver":
            return chosen
        from farutech_console.tui.outliving import OutlivingDriver

        return OutlivingDriver

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
    app.at_rest = garbage.collect_if_due
    app.run()
    if app.return_code == HANGUP:
        forget_terminal()
    if app.refusal is not None:
        raise app.refusal
    return app.return_code or 0
