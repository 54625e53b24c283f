from __future__ import annotations

import asyncio
import os
import socket
from random import Random

from worker import __version__
from worker.model.breaker import BreakerStatus
from worker.model.clock import SystemClock
from worker.model.event import TaskFacts
from worker.model.fleet import MOST_TASKS, WorkerReport
from worker.model.names import QueueNames
from worker.runtime.report import Counts, Reporter, Who
from worker.telemetry.in_flight import InFlight
from worker.telemetry.metrics import Readings
from worker.telemetry.tally import Pace, Tally


async def test_a_report_tells_all_that_is_counted() -> None:
    clock, tally, in_flight = SystemClock(), Tally(("provision",)), InFlight()
    for _ in range(3):
        tally.ended("provision", "succeeded", 0.1)
    tally.buried("permanent")
    readings = Readings(
        in_flight=lambda: len(in_flight),
        held=lambda: 4,
        connected=lambda: True,
        reconnects=lambda: 5,
        events_dropped=lambda: 6,
        loop_blocked=lambda: 1.5,
    )
    reporter = Reporter(
        Who("worker-9", QueueNames(), 10, ("provision",)),
        Counts(
            tally,
            Pace(lambda: tally.settled, clock),
            in_flight,
            readings,
            lambda: (BreakerStatus("provision", "open", 2.0, 4, "refused"),) * 100,
            lambda: "running",
        ),
        clock,
    )

    async def run(number: int) -> None:
        began = clock.monotonic() - Random(number).random()
        facts = TaskFacts(f"t-{number}", "acme", "provision", 2, number, "w")
        in_flight.enter(asyncio.current_task(), facts, began)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    running = [asyncio.create_task(run(number)) for number in range(MOST_TASKS + 10)]
    await asyncio.sleep(0)
    report = reporter()
    await asyncio.gather(*running)
    assert (report.worker_id, report.stream, report.pid) == (
        "worker-9",
        "PROVISIONING",
        os.getpid(),
    )
    assert (report.version, report.host) == (__version__, socket.gethostname())
    assert report.uptime > 0
    assert (report.in_flight, len(report.tasks), report.held) == (MOST_TASKS + 10, MOST_TASKS, 4)
    seconds = [task.seconds for task in report.tasks]
    assert seconds == sorted(seconds, reverse=True)
    assert report.totals["succeeded"] == 3
    assert report.dead_letters["permanent"] == 1
    assert (report.reconnects, report.events_dropped, report.loop_blocked) == (5, 6, 1.5)
    assert report.breakers[0].error == "refused"
    assert len(report.breakers) == 50
    assert WorkerReport.from_wire(report.to_wire()) == report
