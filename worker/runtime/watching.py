"""What watches a worker from its first moment: counts, health over HTTP, spans, the loop watch."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from worker import __version__
from worker.handlers.registry import Registry
from worker.model.surroundings import Surroundings
from worker.settings import WorkerSettings
from worker.telemetry.health import HealthServer, Sources, parse_address
from worker.telemetry.in_flight import InFlight
from worker.telemetry.loop_watch import LoopWatch
from worker.telemetry.metrics import UNCONNECTED, Identity, Metrics
from worker.telemetry.readiness import Readiness
from worker.telemetry.tally import Pace, Tally
from worker.telemetry.tracing import Tracing
from worker.telemetry.tracing_setup import set_up_tracing


@dataclass(frozen=True, slots=True)
class Watching:
    """What is there whether or not a server is connected. `tracing` is None where nobody asked."""

    tally: Tally
    pace: Pace
    in_flight: InFlight
    loop_watch: LoopWatch
    readiness: Readiness
    metrics: Metrics
    tracing: Tracing | None


@contextlib.asynccontextmanager
async def watching(
    settings: WorkerSettings, handlers: Registry, around: Surroundings
) -> AsyncIterator[Watching]:
    """Watch, and answer over HTTP, until the block ends.

    Raises:
        HealthError: the port is taken.
        ValueError: `settings.http` is no address.
    """
    names, log = settings.names, around.log
    identity = {"service.name": "farutech-worker", "service.instance.id": settings.worker_id}
    tally, in_flight = Tally(handlers.task_types), InFlight()
    registry = CollectorRegistry()
    who = Identity(settings.worker_id, __version__, names.stream, names.consumer)
    watched = Watching(
        tally=tally,
        pace=Pace(lambda: tally.settled, around.clock),
        in_flight=in_flight,
        loop_watch=LoopWatch(in_flight, around),
        readiness=Readiness(),
        metrics=Metrics(registry, tally, UNCONNECTED, who),
        tracing=set_up_tracing(os.environ, names.tasks, identity, log),
    )
    address = parse_address(settings.http)
    sources = Sources(registry, watched.readiness, watched.loop_watch)
    health = None if address is None else HealthServer(address, sources)
    if health is not None:
        health.start()
        log.info("http.listening", url=health.url, pages="/healthz /readyz /metrics")
    watched.loop_watch.start()
    try:
        yield watched
    finally:
        watched.loop_watch.stop()
        if health is not None:
            await health.stop()
        if watched.tracing is not None:
            await watched.tracing.close()
