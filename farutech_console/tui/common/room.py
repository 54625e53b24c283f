"""What every room is: the header, the body, the bars, and one value that drives them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from farutech_console.language import tr
from farutech_console.operations.units import count
from farutech_console.tui.common.bars import KeyBar, RoomBar
from farutech_console.tui.common.copying import copy
from farutech_console.tui.common.frame import Frame
from farutech_console.tui.common.header import Header, Place
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.messages import Broke, Follow
from farutech_console.tui.common.progress import Progress, RunBar
from farutech_console.tui.keys import TITLES, Where, keys_of, writing_actions
from farutech_console.tui.preferences import Preferences

if TYPE_CHECKING:
    from farutech_console.operations.backend import Backend
    from farutech_console.operations.watch.trend import Trend
    from farutech_console.tui.common.eventlog import EventLog
    from worker.model.clock import Clock


TICK_S = 0.25
"""Seconds between looks at the clock: a server that goes silent is told within two seconds."""


def title_of(screen: Screen[object]) -> str:
    """Return what stands in the frame of a dialog, empty where it has none."""
    return next((frame.title for frame in screen.query(Frame)), "")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a room works with: handed in, never looked for."""

    backend: Backend
    clock: Clock
    events: EventLog
    trend: Trend
    notice: str = ""
    preferences: Preferences = field(default_factory=Preferences)

    def from_here(self, command: str) -> str:
        """Return a command as it reaches the server that is looked at, from any shell."""
        program, _, rest = command.partition(" ")
        return " ".join((*filter(None, (program, shlex.join(self.preferences.reach))), rest))

    @property
    def doctor(self) -> str:
        """The command that tells what is amiss with the server that is looked at."""
        return self.from_here("farutech-console doctor")


class Room(Screen[None]):
    """A room. It repaints only while it is looked at."""

    NAME: ClassVar[Where]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._live: Live | None = None
        self.running = False

    def compose(self) -> ComposeResult:
        """Header above, the body, and the bars beneath."""
        names, read_only = self.desk.backend.names, self.desk.backend.read_only
        place = Place(names.stream, self.desk.preferences.environment, read_only)
        yield Header(place, self.desk.clock, self.desk.notice, self._trail, self._go_to_step)
        yield from self.body()
        yield RunBar()
        yield KeyBar(keys_of(*self.places()), read_only=read_only)
        yield RoomBar(self.NAME)

    def body(self) -> ComposeResult:
        """Yield what the room is about."""
        raise NotImplementedError

    def _trail(self) -> Sequence[str]:
        """Return where the operator is, dialogs over the room included."""
        stack = self.app.screen_stack
        above = stack[stack.index(self) + 1 :] if self in stack else []
        dialogs = [title for screen in above if (title := title_of(screen))]
        return (tr(TITLES[self.NAME]), *filter(None, self.within()), *dialogs)

    def _go_to_step(self, step: int) -> None:
        """Go back to a step of the trail: the stream is the overview, then comes the room."""
        if len(self._trail()) > max(step, 1) and self.go_back():
            # In turn: what a step back leaves to later, such as the focus, the next one builds on.
            self.call_later(self._go_to_step, step)
        elif step == 0:
            self.post_message(Follow("overview", ""))

    def within(self) -> Sequence[str]:
        """Return where in the room the operator is: what is looked for, what is open."""
        return ()

    def places(self) -> Sequence[Where]:
        """Return where the keys at the foot come from."""
        return (self.NAME,)

    def on_mount(self) -> None:
        """Follow what the app knows."""
        self.watch(self.app, "live", self._take_live)
        self.watch(self.app, "run_progress", self._take_progress)
        self.set_interval(TICK_S, self._tick)

    def on_screen_resume(self) -> None:
        """Catch up with what happened while the room was hidden."""
        if self._live is not None and self.is_mounted:
            self._take_live(self._live)

    def _take_live(self, live: Live) -> None:
        self._live = live
        if not self.is_current:
            return
        self.query_one(Header).show(live)
        dead = live.status.dead_letters if live.status else None
        self.query_one(RoomBar).count("dlq", count(dead.depth) if dead and dead.depth else "")
        self.show(live)

    def _take_progress(self, progress: Progress | None) -> None:
        self.running = progress is not None and not progress.ended
        self.query_one(RunBar).show(progress)

    def _tick(self) -> None:
        """Let ages grow, also those of data that no poll brings anew."""
        if not self.is_current or self._live is None:
            return
        self.query_one(Header).tick()
        if not self._live.is_fresh(self.desk.clock.now()):
            self.grow(self._live)

    def grow(self, live: Live) -> None:
        """Let ages grow while no new state comes."""
        self.show(live)

    def show(self, live: Live) -> None:
        """Draw the newest state."""
        raise NotImplementedError

    def command(self, name: str, argument: str) -> None:
        """Do one of the room's own commands."""
        raise NotImplementedError(f"{self.NAME} has no command {name} {argument}")

    def look_at(self, evidence: str) -> None:
        """Show what this filter finds, where the room has one."""

    def to_copy(self) -> str:
        """Return what `y` copies, empty for nothing."""
        return ""

    def action_copy(self) -> None:
        """Copy to the clipboard by way of the terminal (OSC 52)."""
        copy(self, self.to_copy())

    def go_back(self) -> bool:
        """Go back one step within the room; return False where there is none."""
        return False

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            self.post_message(Broke(event.worker))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what a read-only console may not do; the refusal itself is the backend's."""
        del parameters
        return not (self.desk.backend.read_only and action in writing_actions())
