"""Notices an event loop that stands still, and which task's handler holds it.

The loop notes the time a few times a second; a thread reads it. While the loop stands still
nothing that runs on it could say so: in-progress signals stop, and the server gives the tasks in
hand to others.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from types import FrameType

from worker.model.surroundings import Surroundings
from worker.telemetry.in_flight import InFlight, Running

BEAT = 0.25
"""Seconds between the loop's signs of life."""
BLOCKED = 1.0
"""Seconds without one after which the loop counts as blocked."""
HANDLER = "a handler must await, or be a plain `def`, which runs in a thread"
NO_HANDLER = "it is no handler: has this process too little of the processor?"
FRAMES = 3
"""Innermost calls that a report names."""


class LoopWatch:
    """Watches the event loop that it is started on."""

    def __init__(
        self,
        in_flight: InFlight,
        around: Surroundings,
        *,
        beat: float = BEAT,
        blocked: float = BLOCKED,
    ) -> None:
        """Describe the watch.

        Args:
            in_flight: What runs, to name the one that blocks.
            around: Time, and the log that is told.
            beat: Seconds between signs of life.
            blocked: Seconds without one that are reported.
        """
        self._in_flight = in_flight
        self._clock = around.clock
        self._log = around.log
        self._beat = beat
        self._blocked = blocked
        self._turned_at = around.clock.monotonic()
        self._stood_still = 0.0
        self._reported = False
        self._stop = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._loop_thread = 0

    @property
    def standing_still(self) -> float:
        """Seconds since the loop last turned, where that is too long; else 0. From any thread."""
        silence = self._clock.monotonic() - self._turned_at
        return silence if self._loop is not None and silence > self._blocked else 0.0

    @property
    def stood_still(self) -> float:
        """Seconds in all for which the loop stood still, each time for longer than is reported."""
        return self._stood_still

    def start(self) -> None:
        """Watch the running loop from now on."""
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._turned_at = self._clock.monotonic()
        self._turn()
        threading.Thread(target=self._watch, name="loop-watch", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stop.set()
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()

    def blamed(self) -> Running | None:
        """Return the task whose handler has the loop now, None where it is no task's."""
        loop = self._loop
        return self._in_flight.of(asyncio.current_task(loop)) if loop is not None else None

    def _turn(self) -> None:
        now = self._clock.monotonic()
        late = now - self._turned_at
        self._turned_at = now
        if late > self._blocked:
            self._stood_still += late
            self._log.warning("loop.blocked", seconds=round(late, 3), over=True)
        self._reported = False
        if self._loop is not None:
            self._timer = self._loop.call_later(self._beat, self._turn)

    def _watch(self) -> None:
        """Report while it lasts, once: the end is told by the loop itself."""
        before = self._clock.monotonic()
        while not self._stop.wait(self._beat):
            now = self._clock.monotonic()
            # Where this thread was late too, the process was stopped, or the machine slept.
            on_time = now - before < self._beat + self._blocked / 2
            before = now
            if on_time and not self._reported and self.standing_still:
                self._reported = True
                self._report(self.standing_still)

    def _report(self, seconds: float) -> None:
        running = self.blamed()
        named = {} if running is None else running.facts._asdict()
        self._log.warning(
            "loop.blocked",
            seconds=round(seconds, 3),
            where=_where(sys._current_frames().get(self._loop_thread)),  # noqa: SLF001 - its only name
            hint=NO_HANDLER if running is None else HANDLER,
            **named,
        )


def _where(frame: FrameType | None) -> str:
    """Return the innermost calls, the innermost first."""
    calls = traceback.extract_stack(frame)[-FRAMES:] if frame is not None else []
    return " < ".join(f"{call.name} ({call.filename}:{call.lineno})" for call in reversed(calls))
