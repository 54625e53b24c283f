"""The telemetry of a worker, without the worker."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import structlog
from prometheus_client import CollectorRegistry
from structlog.testing import CapturingLogger

from worker.model.clock import SystemClock
from worker.model.event import TaskFacts
from worker.model.surroundings import Surroundings
from worker.telemetry.health import (
    Address,
    HealthServer,
    Sources,
)
from worker.telemetry.in_flight import InFlight
from worker.telemetry.loop_watch import LoopWatch
from worker.telemetry.metrics import Identity, Metrics, Readings
from worker.telemetry.readiness import Readiness
from worker.telemetry.tally import Tally

LOCAL = Address("127.0.0.1", 0)
FACTS = TaskFacts("t-1", "acme", "provision", 2, 77, "worker-9")


def around(logger: CapturingLogger | None = None) -> Surroundings:
    log = structlog.wrap_logger(
        logger or CapturingLogger(),
        processors=[],
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )
    return Surroundings(SystemClock(), Random(1), log)


class Parts:
    """The telemetry of a worker."""

    def __init__(self, *task_types: str, spare: int = 2) -> None:
        self.tally = Tally(task_types, spare)
        self.registry = CollectorRegistry()
        self.in_flight = InFlight()
        self.readiness = Readiness()
        self.logger = CapturingLogger()
        self.watch = LoopWatch(self.in_flight, around(self.logger), beat=0.05, blocked=0.5)
        readings = Readings(
            in_flight=lambda: 3,
            held=lambda: 4,
            connected=lambda: True,
            reconnects=lambda: 5,
            events_dropped=lambda: 6,
            loop_blocked=lambda: 1.5,
        )
        identity = Identity('w "1"\n', "0.1.0", "PROVISIONING", "provisioning-worker")
        Metrics(self.registry, self.tally, readings, identity)

    @property
    def sources(self) -> Sources:
        return Sources(self.registry, self.readiness, self.watch)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = HealthServer(LOCAL, self.sources)
        server.start()
        self.watch.start()
        try:
            yield server.url
        finally:
            self.watch.stop()
            await server.stop()


def fetched(url: str, method: str = "GET") -> tuple[int, Any, str]:
    request = urllib.request.Request(url, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, answer.read(), answer.headers["Content-Type"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers["Content-Type"]


async def asked(url: str) -> tuple[int, dict[str, Any]]:
    status, body, _ = await asyncio.to_thread(fetched, url)
    return status, json.loads(body)
