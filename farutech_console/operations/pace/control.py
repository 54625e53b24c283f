"""The reins of a run: how fast a plan is carried out, and when it ends. Pure: time is handed in.

A `Control` is what an operator holds while a plan runs. Its verbs may be called from any thread;
they take hold within `POLL` seconds.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from farutech_console.operations.alike import Ended, kinds_of
from farutech_console.operations.pace.bucket import Bucket
from farutech_console.operations.pace.pacing import Pacing, Rate
from farutech_console.operations.pace.reasons import Reason
from farutech_console.operations.pace.speed import Speed
from worker.model.clock import Clock

CANCELLED = Reason("cancelled")

POLL = 0.05
"""Seconds after which who waits for room looks again."""
SLOWEST = 0.5
"""Letters in a unit of time below which a run is paused rather than slowed."""

State = Literal["running", "paused", "canary", "stopping", "ended"]
"""`canary`: waits for the first letter's end; `stopping`: no more are begun."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A run at one moment.

    `counts` are the outcomes so far; `came_back` counts replayed letters that died again meanwhile.
    `speed` is letters/s of late, `eta` the seconds left at the speed that is possible, None where
    nobody can tell. `reason` is why it waits or was ended, if it does or was.
    """

    total: int
    counts: Mapping[str, int]
    state: State
    rate: Rate | None
    came_back: int = 0
    speed: float = 0.0
    eta: float | None = None
    reason: Reason | None = None

    @property
    def done(self) -> int:
        """How many letters have an outcome."""
        return sum(self.counts.values())


def never() -> bool:
    """Say that it goes on to the end: where nobody can stop it."""
    return False


class Control:
    """The reins of one run: asked before letters are begun, told what became of them."""

    def __init__(
        self,
        clock: Clock,
        pacing: Pacing | None = None,
        *,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        """Describe a run that has not begun.

        Args:
            clock: Monotonic seconds.
            pacing: How to go about it; as fast as it goes where it is None.
            stop: Asked as well whether the operator wants it to end.
        """
        self.pacing = pacing or Pacing()
        self.total = 0
        self._clock = clock
        self._stop = stop
        self._bucket = Bucket(self.pacing.rate, clock.monotonic())
        self._counts: Counter[str] = Counter()
        self._speed = Speed()
        self._done = 0
        self._begun = 0
        self._missing = 0
        self._came_back = 0
        self._paused = False
        self._canary: Literal["due", "sent", "passed"] = "due" if self.pacing.canary else "passed"
        self._why: Reason | None = None
        self._cancelled = False
        self._ended = False

    # The operator's verbs.

    def pause(self) -> None:
        """Begin no more until `resume`."""
        self._paused = True

    def resume(self) -> None:
        """Go on."""
        self._paused = False

    def cancel(self, why: Reason = CANCELLED) -> None:
        """Begin no more; those in hand are finished, and told. The first reason counts."""
        if not self._cancelled:
            self._why = why
        self._cancelled = True

    def change_rate(self, rate: Rate | None) -> None:
        """Go on at another rate, None for as fast as it goes."""
        self._bucket.change(rate, self._clock.monotonic())

    def change_pace(self, by: float) -> Rate | None:
        """Go so many times as fast as now; return the rate, None for as fast as it goes."""
        now = self._bucket.rate
        if now is None and by > 1:
            return None
        now = now or Rate(max(self.progress.speed, SLOWEST))
        rate = Rate(max(round(now.count * by, 1), SLOWEST), now.unit)
        self.change_rate(rate)
        return rate

    @property
    def paused(self) -> bool:
        """Whether the operator made it wait."""
        return self._paused

    # What the run asks and tells.

    def begin(self, total: int, missing: int = 0) -> None:
        """A run over so many letters begins now; `missing` of them are known to be gone."""
        self.total = total
        self._missing = missing
        self._counts["already"] += missing
        self._done = missing
        self._speed.add(self._clock.monotonic(), 0)

    async def allow(self, most: int) -> int:
        """Return how many letters may be begun now, at most `most`; 0 once it is cancelled."""
        while True:
            if self.cancelled:
                return 0
            allowed = self._allowed(most)
            if allowed:
                self._begun += allowed
                return allowed
            await asyncio.sleep(POLL)

    async def may_begin(self) -> bool:
        """Return whether any more may be begun at all; waits while it is paused."""
        while True:
            if self.cancelled or not self._paused:
                return not self.cancelled
            await asyncio.sleep(POLL)

    @property
    def cancelled(self) -> bool:
        """Whether no more are to be begun."""
        if not self._cancelled and self._stop is not None and self._stop():
            self.cancel()
        return self._cancelled

    def count(self, outcomes: Sequence[Ended]) -> None:
        """Letters have their outcomes."""
        kinds = kinds_of(outcomes)
        self._counts.update(kinds)
        self._done += len(outcomes)
        if self._canary == "due" and kinds["replayed"]:
            self._canary = "sent"
        self._speed.add(self._clock.monotonic(), self._done)

    @property
    def canary_is_out(self) -> bool:
        """Whether the first letter's task went back, and nobody knows yet how it ended."""
        return self._canary == "sent"

    def canary_passed(self) -> None:
        """The first letter's task ended well: the others may go."""
        self._canary = "passed"

    def died_again(self, letters: int) -> None:
        """So many more of the replayed letters are dead letters again."""
        self._came_back += letters
        if letters and self._canary == "sent":
            self.cancel(Reason("first_died"))
        share, sent = self.pacing.stop_share, self._counts["replayed"]
        if share is not None and sent >= self.pacing.sample and self._came_back > share * sent:
            self.cancel(Reason("too_many", came_back=self._came_back, sent=sent, share=share))

    def end(self) -> None:
        """The run is over."""
        self._ended = True

    @property
    def progress(self) -> Progress:
        """What it stands at."""
        now, done = self._clock.monotonic(), self._done
        speed = self._speed.of_late(now, done)
        return Progress(
            total=self.total,
            counts=dict(self._counts),
            state=self._state(),
            rate=self._bucket.rate,
            came_back=self._came_back,
            speed=speed,
            eta=self._eta(self.total - done, speed),
            reason=self._reason(),
        )

    def _allowed(self, most: int) -> int:
        if self._paused or self._canary == "sent":
            return 0
        if self._canary == "due":
            # One that could not be sent is no canary: the next one is.
            return 1 if self._begun + self._missing == self._done else 0
        return self._bucket.take(most, self._clock.monotonic())

    def _state(self) -> State:
        if self._ended:
            return "ended"
        if self._cancelled:
            return "stopping"
        if self._paused:
            return "paused"
        return "running" if self._canary == "passed" else "canary"

    def _reason(self) -> Reason | None:
        if self._why is None and self._canary == "sent" and not self._ended:
            return Reason("waiting")
        return self._why

    def _eta(self, left: int, speed: float) -> float | None:
        if self._state() != "running" or not left:
            return None
        rate = self._bucket.rate
        possible = min(speed, rate.per_second) if rate and speed else speed
        return left / possible if possible else None
