"""A part of the room that is read from the server, and now and then again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Vertical
from textual.worker import Worker, WorkerState

from farutech_console.language import msg, tr
from farutech_console.operations.units import age, duration
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.messages import Broke
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.tui.common.room import Desk

EVERY_S = 10.0
"""Seconds from one reading to the next, where nothing is known to have changed."""

SOON_S = 1.0
"""Likewise, where something has."""

REST = 5
"""A reading that took long is followed by so many times as long without one."""


class Reading(Vertical):
    """Reads by itself while it `is_open`. `changed` has it read again soon."""

    def __init__(self, desk: Desk, *, id: str) -> None:
        super().__init__(id=id)
        self.desk = desk
        self.is_open = False
        self.failure = ""
        self.read_at: datetime | None = None
        self._reading = False
        self._changed = False
        self._next = self._soonest = 0.0

    async def read(self) -> None:
        """Read from the server. May raise what the backend raises."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw what was read, its age included."""
        raise NotImplementedError

    def begin(self) -> None:
        """Read from now on; what was read before is something else."""
        self.workers.cancel_node(self)
        self.is_open, self.failure, self.read_at = True, "", None
        self._changed = self._reading = False
        self._read()

    def end(self) -> None:
        """Read no more."""
        self.is_open = self._reading = False
        self.workers.cancel_node(self)

    def changed(self) -> None:
        """What was read is not all any more."""
        self._changed = True

    def look(self) -> None:
        """Read again where it is time, and let ages grow."""
        if not self.is_open:
            return
        now = self.desk.clock.monotonic()
        due = now >= (self._soonest if self._changed or self.failure else self._next)
        if due and not self._reading and self.desk.backend.link().connected:
            self._read()
        self.redraw()

    @work(exclusive=True, name=msg("the reading of tasks"), exit_on_error=False)
    async def _read(self) -> None:
        clock = self.desk.clock
        self._reading, self._changed = True, False
        began_at, began = clock.now(), clock.monotonic()
        try:
            await self.read()
        except expected() as error:
            self.failure = in_words(error)
        else:
            self.failure, self.read_at = "", began_at
        self._reading = False
        ended = clock.monotonic()
        self._soonest = ended + max(SOON_S, REST * (ended - began))
        self._next = max(self._soonest, ended + EVERY_S)
        self.redraw()

    def as_of(self) -> str:
        """Return how old what is shown is, and what is in the way of newer."""
        why = self.failure if self.desk.backend.link().connected else tr("no connection")
        if self.read_at is None:
            return f"▲ {literal(why)}" if why else tr("◌ reading…")
        span = duration(age(self.read_at, self.desk.clock.now()))
        if why:
            return tr("▲ as of {span} ago: {why}", span=span, why=literal(why))
        return tr("read {span} ago", span=span)

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            self.post_message(Broke(event.worker))
