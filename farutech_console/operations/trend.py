"""How the figures moved: a bounded row of samples, and rates and curves from it. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.model import FeedCounts, QueueStatus


Point = tuple[float, float]
"""Seconds ago, counted up to 0 for now (so -900 to 0), and the value then."""

KEPT = 3_600
"""Samples, one a second: an hour."""

WINDOW = 10.0
"""Seconds that a rate is taken over."""

SMOOTH = 5.0
"""Seconds that each point of a rate's curve is taken over: polls a second apart jump."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Changes per second, None where they are not known yet."""

    incoming: float | None = None
    outgoing: float | None = None
    pending: float | None = None
    dead_letters: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The figures that are followed, at one moment."""

    at: datetime
    pending: int
    ack_pending: int
    published: int
    settled: int
    dead: int
    last_sequence: int = 0


class Trend:
    """Samples of the last hour."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=KEPT)

    def add(self, status: QueueStatus, counts: FeedCounts) -> None:
        """Take what one poll learnt."""
        self._samples.append(
            Sample(
                at=status.taken_at,
                pending=status.consumer.pending if status.consumer else 0,
                ack_pending=status.consumer.ack_pending if status.consumer else 0,
                published=counts.published,
                settled=counts.succeeded + counts.terminated,
                dead=status.dead_letters.depth if status.dead_letters else 0,
                last_sequence=status.work_queue.last_sequence,
            )
        )

    @property
    def seconds(self) -> float:
        """How far back the samples reach."""
        if len(self._samples) < 2:
            return 0.0
        return (self._samples[-1].at - self._samples[0].at).total_seconds()

    @property
    def deaf(self) -> bool:
        """Whether messages came and none was overheard: we may not listen, it seems."""
        if len(self._samples) < 2:
            return False
        first, last = self._samples[0], self._samples[-1]
        heard = (last.published, last.settled) != (first.published, first.settled)
        return last.last_sequence > first.last_sequence and not heard

    def rates(self) -> Rates:
        """Return what changed per second of late."""
        if len(self._samples) < 2:
            return Rates()
        last = self._samples[-1]
        first = next(s for s in self._samples if (last.at - s.at).total_seconds() <= WINDOW)
        seconds = (last.at - first.at).total_seconds()
        if seconds <= 0:
            return Rates()
        return Rates(
            incoming=(last.published - first.published) / seconds,
            outgoing=(last.settled - first.settled) / seconds,
            pending=(last.pending - first.pending) / seconds,
            dead_letters=(last.dead - first.dead) / seconds,
        )

    def pending(self) -> list[Point]:
        """Return the pending tasks over time."""
        return self._curve(lambda sample: sample.pending)

    def ack_pending(self) -> list[Point]:
        """Return the tasks in flight or in backoff over time."""
        return self._curve(lambda sample: sample.ack_pending)

    def incoming(self) -> list[Point]:
        """Return the published tasks per second over time."""
        return self._rate_curve(lambda sample: sample.published)

    def outgoing(self) -> list[Point]:
        """Return the settled tasks per second over time."""
        return self._rate_curve(lambda sample: sample.settled)

    def _curve(self, value: Callable[[Sample], int]) -> list[Point]:
        if not self._samples:
            return []
        now = self._samples[-1].at
        return [((s.at - now).total_seconds(), float(value(s))) for s in self._samples]

    def _rate_curve(self, value: Callable[[Sample], int]) -> list[Point]:
        points = self._curve(value)
        rates: list[Point] = []
        first = 0
        for at, reached in points:
            while at - points[first][0] > SMOOTH:
                first += 1
            before, began = points[first]
            if at > before:
                rates.append((at, max(0.0, (reached - began) / (at - before))))
        return rates
