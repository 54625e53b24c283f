"""A wait that is seen: what takes longer than a moment says that it is under way, and can be ended.

A key that seems to do nothing is pressed again, or another one is.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button

from farutech_console.language import tr
from farutech_console.operations.letters.how_far import HowFar
from farutech_console.operations.units import duration
from farutech_console.tui.common.dialog import Dialog
from farutech_console.tui.common.frame import Frame
from farutech_console.tui.common.howfar import reading_lines
from farutech_console.tui.common.spans import Span, line
from farutech_console.tui.common.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from farutech_console.operations.letters.selection import ScanProgress
    from farutech_console.tui.common.room import Room
    from worker.model.clock import Clock

T = TypeVar("T")

MOMENT_S = 0.3
"""Seconds that nobody takes for a key without effect."""

SHOW_EVERY_S = 0.1


class StoppedWaitingError(Exception):
    """The operator did not wait for it."""


async def seen_through(
    room: Room,
    title: str,
    work: Callable[[Callable[[ScanProgress], None]], Coroutine[object, object, T]],
) -> T:
    """Await work that changes nothing; past a moment a dialog says how far it is, and can end it.

    `work` is given what it tells that, from whichever thread.

    Raises:
        StoppedWaitingError: the operator ended it.
        BaseException: whatever the work raised.
    """
    far = HowFar(room.desk.clock)
    task = asyncio.ensure_future(work(far.tell))
    try:
        await asyncio.wait((task,), timeout=MOMENT_S)
        if not task.done():
            await room.app.push_screen_wait(Patience(title, task, far, room.desk.clock))
        await asyncio.wait((task,))
        if task.cancelled():
            raise StoppedWaitingError
        return task.result()
    finally:
        task.cancel()


class Patience(Dialog[None]):
    """Stands there while something is read; Stop and Esc end that."""

    AUTO_FOCUS = "#stop"
    DEFAULT_CSS = "Patience Words { height: auto; }"

    def __init__(self, title: str, task: asyncio.Future[T], far: HowFar, clock: Clock) -> None:
        super().__init__()
        self._title, self._reading, self._far, self._clock = title, task, far, clock
        self._began = clock.monotonic()

    def compose(self) -> ComposeResult:
        """How far it is, and a button to end it."""
        with Frame(self._title):
            yield Words(id="far")
            with Horizontal():
                yield Button(tr("Stop"), id="stop", compact=True)

    def on_mount(self) -> None:
        """Stand there until it is over."""
        self._show()
        self.set_interval(SHOW_EVERY_S, self._show)
        self._reading.add_done_callback(lambda _: self.call_later(self.on_screen_resume))

    def on_screen_resume(self) -> None:
        """Close if it is over, perhaps since something else stood above."""
        if self._reading.done():
            self.dismiss(None)

    def _show(self) -> None:
        passed = duration(self._clock.monotonic() - self._began)
        self.query_one("#far", Words).show(
            [
                line(Span(f"◌ {tr('Reading…')}", "accent"), Span(f"  {passed}", "muted")),
                *reading_lines(self._far),
                line(Span(tr("Nothing is changed by it; a preview comes first."), "muted")),
            ]
        )

    @on(Button.Pressed)
    def action_cancel(self) -> None:
        """End it; nothing was changed."""
        self._reading.cancel()
        self.dismiss(None)
