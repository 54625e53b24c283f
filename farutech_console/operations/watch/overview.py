"""All of a queue at one moment: the figures, the pace, the workers, and a verdict in words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from farutech_console.operations.fleet.view import FleetView, shared_out
from farutech_console.operations.fleet.workers import FleetWatch
from farutech_console.operations.model import FeedCounts, QueueStatus
from farutech_console.operations.queue import Queue
from farutech_console.operations.watch.problem import Problem
from farutech_console.operations.watch.trend import Rates, Trend
from farutech_console.operations.watch.verdict import drain_seconds, problems

Wait = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Overview:
    """What `farutech-console status` tells.

    `sampled` is the seconds that the rates are taken over. `in_flight` and `delayed` share out the
    tasks that are ack pending, by what the workers say they have in hand; both are None where some
    worker does not tell. `drain` is the seconds until the backlog is gone at this pace, None where
    it does not shrink.
    """

    status: QueueStatus
    fleet: FleetView
    rates: Rates
    sampled: float
    in_flight: int | None
    delayed: int | None
    drain: float | None
    problems: tuple[Problem, ...]


def overview_of(status: QueueStatus, trend: Trend, fleet: FleetView, now: datetime) -> Overview:
    """Put together what was learnt."""
    hearing = trend.hearing()
    rates = trend.rates().heard(hearing)
    in_flight, delayed = shared_out(status, fleet)
    pending = status.consumer.pending if status.consumer else 0
    return Overview(
        status=status,
        fleet=fleet,
        rates=rates,
        sampled=trend.seconds,
        in_flight=in_flight,
        delayed=delayed,
        drain=drain_seconds(pending, rates),
        problems=problems(status, rates, now, fleet, hearing=hearing),
    )


class Overviews:
    """Takes one overview after the other; the rates are over the time between them."""

    def __init__(
        self,
        queue: Queue,
        ask: Callable[[], Awaitable[QueueStatus]],
        counts: Callable[[], FeedCounts],
    ) -> None:
        """Describe what to look at.

        Args:
            queue: The queue.
            ask: Returns its state.
            counts: Returns what was overheard of its tasks so far.
        """
        self._queue = queue
        self._ask = ask
        self._counts = counts
        self._trend = Trend()
        self._watch = FleetWatch()

    async def take(self, sample: float, wait: Wait = asyncio.sleep) -> Overview:
        """Return what is there now.

        The first time the queue is looked at twice, `sample` seconds apart, so that there are
        rates; with 0 there are none.
        """
        if sample > 0 and not self._trend.seconds:
            self._trend.add(await self._ask(), self._counts())
            await wait(sample)
        fleet = await self._watch.look(self._queue)
        status = await self._ask()
        self._trend.add(status, self._counts())
        return overview_of(status, self._trend, fleet, self._queue.clock.now())
