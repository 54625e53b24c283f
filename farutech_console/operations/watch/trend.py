"""How the figures moved: a bounded row of samples, and rates and curves from it. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.model import FeedCounts, QueueStatus
    from worker.model.heard import HeardKind


Point = tuple[float, float]
"""Seconds ago, counted up to 0 for now (so -900 to 0), and the value then."""

KEPT = 3_600
"""Samples as they come, one a second: an hour."""

EVERY = 10
"""Of older samples one in so many is kept."""

KEPT_OLDER = 1_800
"""Older samples: five hours more."""

MOST_POINTS = 400
"""Points of one curve, about: no terminal has room for more."""

WINDOW = 10.0
"""Seconds that a rate is taken over."""

SMOOTH = 5.0
"""Seconds that each point of a rate's curve is taken over: polls a second apart jump."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is overheard: all but the kinds in `deaf`, which our user may not listen to.

    `unheard` is whether tasks came and none was overheard, so that nothing of them is.
    """

    deaf: Collection[HeardKind] = frozenset()
    unheard: bool = False

    def hears(self, kind: HeardKind) -> bool:
        """Return whether messages of this kind are overheard."""
        return kind not in self.deaf and not self.unheard


@dataclass(frozen=True, slots=True)
class Rates:
    """Changes per second, None where they are not known yet, or cannot be overheard.

    `incoming`, `outgoing` and `retried` are overheard, the others counted by the server.
    """

    incoming: float | None = None
    outgoing: float | None = None
    pending: float | None = None
    dead_letters: float | None = None
    retried: float | None = None

    def heard(self, hearing: Hearing) -> Rates:
        """Return them without those that are not overheard: what is not heard is not none."""
        rates = self
        if not hearing.hears("task"):
            rates = replace(rates, incoming=None)
        if not hearing.hears("acknowledgement"):
            rates = replace(rates, outgoing=None, retried=None)
        return rates


@dataclass(frozen=True, slots=True)
class Sample:
    """The figures that are followed, at one moment; None for what nobody could tell then."""

    at: datetime
    pending: int | None
    ack_pending: int | None
    published: int
    settled: int
    dead: int | None
    last_sequence: int = 0
    retried: int = 0
    number: int = 0


class Trend:
    """Samples of the last hour, and every tenth of the five hours before."""

    def __init__(self, settle: float = 0.0) -> None:
        """Begin without samples.

        `settle` is the seconds from the first one in which a message that came and was not
        overheard proves nothing: who listens may not have listened yet.
        """
        self._settle = settle
        self._settled: Sample | None = None
        self._samples: deque[Sample] = deque()
        self._older: deque[Sample] = deque(maxlen=KEPT_OLDER)
        self._taken = 0

    def add(self, status: QueueStatus, counts: FeedCounts) -> None:
        """Take what one poll learnt."""
        if len(self._samples) == KEPT:
            oldest = self._samples.popleft()
            if oldest.number % EVERY == 0:
                self._older.append(oldest)
        self._taken += 1
        consumer, dead = status.consumer, status.dead_letters
        none = None if "dead_letters" in status.unread else 0
        self._samples.append(
            Sample(
                number=self._taken,
                retried=counts.retrying,
                at=status.taken_at,
                pending=consumer.pending if consumer else None,
                ack_pending=consumer.ack_pending if consumer else None,
                published=counts.published,
                settled=counts.succeeded + counts.terminated,
                dead=dead.depth if dead else none,
                last_sequence=status.work_queue.last_sequence,
            )
        )
        newest, oldest = self._samples[-1], self._samples[0]
        if self._settled is None and (newest.at - oldest.at).total_seconds() >= self._settle:
            self._settled = newest

    @property
    def seconds(self) -> float:
        """How far back the samples reach."""
        if len(self._samples) < 2:
            return 0.0
        first = (self._older or self._samples)[0]
        return (self._samples[-1].at - first.at).total_seconds()

    @property
    def deaf(self) -> bool:
        """Whether messages came and none was overheard: we may not listen, it seems."""
        if self._settled is None:
            return False
        first, last = self._settled, self._samples[-1]
        heard = (last.published, last.settled) != (first.published, first.settled)
        return last.last_sequence > first.last_sequence and not heard

    def hearing(self, deaf: Collection[HeardKind] = ()) -> Hearing:
        """Return what is overheard, where `deaf` is what our user may not listen to."""
        return Hearing(frozenset(deaf), unheard=self.deaf)

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
            pending=_per_second(first.pending, last.pending, seconds),
            dead_letters=_per_second(first.dead, last.dead, seconds),
            retried=(last.retried - first.retried) / seconds,
        )

    def pending(self, seconds: float) -> list[Point]:
        """Return the pending tasks over the last `seconds`."""
        return self._curve(lambda sample: sample.pending, seconds)

    def ack_pending(self, seconds: float) -> list[Point]:
        """Return the tasks in flight or in backoff over the last `seconds`."""
        return self._curve(lambda sample: sample.ack_pending, seconds)

    def dead_letters(self, seconds: float) -> list[Point]:
        """Return how many dead letters lay there over the last `seconds`."""
        return self._curve(lambda sample: sample.dead, seconds)

    def incoming(self, seconds: float) -> list[Point]:
        """Return the published tasks per second over the last `seconds`."""
        return self._rate_curve(lambda sample: sample.published, seconds)

    def outgoing(self, seconds: float) -> list[Point]:
        """Return the settled tasks per second over the last `seconds`."""
        return self._rate_curve(lambda sample: sample.settled, seconds)

    def retries(self, seconds: float) -> list[Point]:
        """Return the attempts per second that failed and will be repeated, over `seconds`."""
        return self._rate_curve(lambda sample: sample.retried, seconds)

    def _curve(self, value: Callable[[Sample], int | None], seconds: float) -> list[Point]:
        if not self._samples:
            return []
        now = self._samples[-1].at
        told = ((s.at, value(s)) for s in self._within(seconds))
        return [((at - now).total_seconds(), float(n)) for at, n in told if n is not None]

    def _within(self, seconds: float) -> list[Sample]:
        """Return samples of the last `seconds`, so few that each may be drawn.

        Which ones are left out depends on the sample alone: a curve moves, and does not flicker.
        """
        last = self._samples[-1]
        stride = max(1, round(min(seconds, self.seconds) / MOST_POINTS))
        older = self._older if seconds > KEPT else ()
        recent = islice(self._samples, max(0, len(self._samples) - int(seconds) - 1), None)
        kept = [sample for sample in chain(older, recent) if sample.number % stride == 0]
        return kept if kept and kept[-1] is last else [*kept, last]

    def _rate_curve(self, value: Callable[[Sample], int], seconds: float) -> list[Point]:
        points = self._curve(value, seconds)
        rates: list[Point] = []
        first = 0
        for index, (at, reached) in enumerate(points):
            while first < index - 1 and at - points[first][0] > SMOOTH:
                first += 1
            before, began = points[first]
            if at > before:
                rates.append((at, max(0.0, (reached - began) / (at - before))))
        return rates


def _per_second(before: int | None, now: int | None, seconds: float) -> float | None:
    return None if before is None or now is None else (now - before) / seconds
