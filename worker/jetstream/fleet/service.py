"""The worker as a NATS micro service, so that `$SRV` finds the fleet, and the fleet as found.

`nats micro ls`, `nats micro stats farutech-worker` and the console see every worker. The endpoint
`tasks` has the worker's report as its data, and the totals in the fields that every tool shows:
requests are deliveries settled, errors those that failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from nats.errors import Error as NatsError
from nats.micro import add_service
from nats.micro.request import Request
from nats.micro.service import EndpointStats

from worker import __version__
from worker.jetstream.connect.connection import Connection
from worker.jetstream.connect.gather import gather_answers
from worker.model.fleet import Fleet, FleetMember, InvalidReportError, WorkerReport
from worker.model.names import QueueNames

SERVICE = "farutech-worker"
ENDPOINT = "tasks"
STOP_TIMEOUT = 2.0
FAILED = ("retrying", "dead_lettered", "lost")
"""Outcomes that count as errors."""


@contextlib.asynccontextmanager
async def answering(
    connection: Connection, names: QueueNames, report: Callable[[], WorkerReport]
) -> AsyncIterator[str]:
    """Answer for this worker until the block ends; yields its service id.

    Through any number of reconnects. `report` is called for each answer and must be quick.
    """
    now = report()

    def stats(endpoint: EndpointStats) -> dict[str, Any]:
        said = report()
        endpoint.num_requests = sum(said.totals.values())
        endpoint.num_errors = sum(said.totals.get(outcome, 0) for outcome in FAILED)
        return said.to_wire()

    async def tell(request: Request) -> None:
        await request.respond(json.dumps(report().to_wire()).encode())

    service = await add_service(
        connection.client,
        name=SERVICE,
        version=__version__,
        description=f"Runs the tasks of {names.stream}",
        metadata={
            "worker_id": now.worker_id,
            "stream": names.stream,
            "consumer": names.consumer,
            "host": now.host,
            "pid": str(now.pid),
        },
        stats_handler=stats,
    )
    try:
        await service.add_endpoint(name=ENDPOINT, subject=names.worker(service.id), handler=tell)
        with contextlib.suppress(NatsError, TimeoutError):
            await connection.client.flush()
        yield service.id
    finally:
        # The server forgets us with the connection; this only lets it know sooner.
        with contextlib.suppress(NatsError, TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT):
                await service.stop()


async def fleet(
    connection: Connection, *, stream: str = "", within: float = 1.0, quiet: float = 0.25
) -> Fleet:
    """Ask all workers and return those that answered, of one stream where it is named.

    Waits until nobody answered for `quiet` seconds, `within` seconds at most: how many there are,
    nobody knows.

    Raises:
        UnreachableError: no server is connected.
    """
    subject = f"$SRV.STATS.{SERVICE}"
    answers = await gather_answers(connection, subject, within=within, quiet=quiet)
    members, unreadable = [], 0
    for seconds, answer in answers:
        try:
            member = read_member(answer, seconds)
        except InvalidReportError:
            unreadable += 1
            continue
        if stream in ("", member.report.stream):
            members.append(member)
    members.sort(key=lambda member: (member.report.worker_id, member.instance))
    return Fleet(tuple(members), unreadable)


def read_member(data: bytes, rtt: float) -> FleetMember:
    """Return the worker that gave this answer to `$SRV.STATS`.

    Raises:
        InvalidReportError: it is no worker's.
    """
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidReportError(f"not JSON: {error}") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("id"), str):
        raise InvalidReportError("not the stats of a service")
    endpoints = answer.get("endpoints")
    for endpoint in endpoints if isinstance(endpoints, list) else ():
        if isinstance(endpoint, dict) and endpoint.get("name") == ENDPOINT:
            report = WorkerReport.from_wire(endpoint.get("data"))
            return FleetMember(answer["id"], str(answer.get("started", "")), rtt, report)
    raise InvalidReportError(f"a service without the endpoint {ENDPOINT}")
