"""What the worker counts, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from worker.model.breaker import BreakerState
from worker.model.text import literal
from worker.telemetry.tally import INVALID, OTHER_TYPES, Histogram, Tally

SHARED_LABELS = (INVALID, OTHER_TYPES)
"""Labels of no single task type, and so without a breaker."""
BREAKER_VALUES: dict[BreakerState, float] = {"closed": 0, "half_open": 1, "open": 2}


@dataclass(frozen=True, slots=True)
class Readings:
    """What is read anew at each scrape, in the scraper's thread."""

    in_flight: Callable[[], int]
    held: Callable[[], int]
    connected: Callable[[], bool]
    reconnects: Callable[[], int]
    events_dropped: Callable[[], int]
    loop_blocked: Callable[[], float]


UNCONNECTED = Readings(
    in_flight=lambda: 0,
    held=lambda: 0,
    connected=lambda: False,
    reconnects=lambda: 0,
    events_dropped=lambda: 0,
    loop_blocked=lambda: 0.0,
)
"""What there is to read before the first connection."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which worker it is."""

    worker_id: str
    version: str
    stream: str
    consumer: str


class Metrics(Collector):
    """Renders a tally at each scrape; counting itself knows nothing of Prometheus.

    `readings` may be exchanged at any time.
    """

    def __init__(
        self, registry: CollectorRegistry, tally: Tally, readings: Readings, identity: Identity
    ) -> None:
        """Put the worker's metrics, and those of its process, into `registry`."""
        self._tally = tally
        self.readings = readings
        self._identity = identity
        registry.register(self)
        ProcessCollector(registry=registry)

    def describe(self) -> list[Metric]:
        """Return nothing: names are not checked before the first scrape."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield everything, as it is now."""
        yield self._info()
        yield from self._tasks()
        yield _histogram(
            "farutech_backoff_seconds", "Delays before the next attempt.", self._tally.delays
        )
        yield self._dead_letters()
        yield self._breakers()
        yield from self._now()

    def _info(self) -> Metric:
        identity = self._identity
        info = InfoMetricFamily("farutech_worker", "Which worker this is.")
        values = {
            "worker_id": identity.worker_id,
            "version": identity.version,
            "stream": identity.stream,
            "consumer": identity.consumer,
        }
        info.add_metric([], {name: literal(value) for name, value in values.items()})
        return info

    def _tasks(self) -> Iterator[Metric]:
        ended = CounterMetricFamily(
            "farutech_tasks", "Deliveries that ended, by how.", labels=["type", "outcome"]
        )
        seconds = HistogramMetricFamily(
            "farutech_task_duration_seconds", "How long handlers took.", labels=["type"]
        )
        for tally in self._tally.by_type():
            for outcome, count in tally.outcomes.items():
                ended.add_metric([tally.label, outcome], count)
            seconds.add_metric([tally.label], *_cumulated(tally.seconds))
        yield ended
        yield seconds

    def _dead_letters(self) -> Metric:
        letters = CounterMetricFamily(
            "farutech_dead_letters", "Dead letters stored, by reason.", labels=["reason"]
        )
        for reason, count in self._tally.dead_letters.items():
            letters.add_metric([reason], count)
        return letters

    def _breakers(self) -> Metric:
        breakers = GaugeMetricFamily(
            "farutech_breaker_state",
            "Circuit breaker of a task type: 0 closed, 1 half open, 2 open.",
            labels=["type"],
        )
        # From the start, so that a graph has a line before the first outage.
        labels = [tally.label for tally in self._tally.by_type()]
        known = dict.fromkeys(
            (at for at in labels if at not in SHARED_LABELS), BREAKER_VALUES["closed"]
        )
        changed = {at: BREAKER_VALUES[state] for at, state in list(self._tally.breakers.items())}
        for label, value in (known | changed).items():
            breakers.add_metric([label], value)
        return breakers

    def _now(self) -> Iterator[Metric]:
        now = self.readings
        yield GaugeMetricFamily(
            "farutech_tasks_in_flight", "Tasks whose handlers run now.", now.in_flight()
        )
        yield GaugeMetricFamily(
            "farutech_tasks_held", "Tasks held for a circuit breaker, or in doubt.", now.held()
        )
        yield GaugeMetricFamily(
            "farutech_connected", "Whether a NATS server answers.", now.connected()
        )
        yield CounterMetricFamily(
            "farutech_reconnects", "How often the connection came back.", now.reconnects()
        )
        yield CounterMetricFamily(
            "farutech_events_dropped", "Task events that were not sent.", now.events_dropped()
        )
        yield CounterMetricFamily(
            "farutech_loop_blocked_seconds",
            "Seconds for which handlers kept the event loop from turning.",
            now.loop_blocked(),
        )


def _histogram(name: str, about: str, values: Histogram) -> Metric:
    family = HistogramMetricFamily(name, about, labels=[])
    family.add_metric([], *_cumulated(values))
    return family


def _cumulated(values: Histogram) -> tuple[list[tuple[str, float]], float]:
    # One copy of the counts: the other thread goes on counting.
    bounds = [*map(floatToGoString, values.bounds), "+Inf"]
    return list(zip(bounds, map(float, accumulate(list(values.counts))), strict=True)), values.total
