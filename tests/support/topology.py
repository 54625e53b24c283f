"""Plans taken and applied in tests, and the letters that lie in a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.support.queues import NAMES, Queue
from worker.jetstream.api import Api
from worker.jetstream.messages import next_message
from worker.jetstream.migration.apply import Applied, apply
from worker.jetstream.migration.parts import Parts, Step, Waits, no_step
from worker.jetstream.migration.survey import survey
from worker.model.clock import SystemClock
from worker.model.names import QueueNames, carried_headers
from worker.model.topology_changes import Difference, MoveDeadLetters
from worker.model.topology_diff import differences

WAITS = Waits(drain=10.0, silence=0.3, grace=3.0)
Letter = tuple[bytes, Mapping[str, str]]


async def plan(api: Api, names: QueueNames = NAMES) -> Sequence[Difference]:
    """What differs on the server now."""
    topology, found = await survey(api, names)
    return differences(topology, names, found)


async def the_move(api: Api) -> Sequence[Difference]:
    """Of what differs now only that the dead letters lie in the work queue."""
    return [d for d in await plan(api) if isinstance(d.change, MoveDeadLetters)]


async def applied(
    where: Queue, chosen: Sequence[Difference], step: Step = no_step, waits: Waits = WAITS
) -> list[Applied]:
    """Apply these differences."""
    _, found = await survey(where.api, NAMES)
    parts = Parts(where.api, NAMES, found.server, SystemClock(), waits, step)
    return [outcome async for outcome in apply(parts, chosen)]


async def letters_in(where: Queue, stream: str) -> list[Letter]:
    """The dead letters of a stream, oldest first, without what the server gives a meaning."""
    found: list[Letter] = []
    sequence = 1
    while message := await next_message(where.api, stream, NAMES.dlq, sequence):
        found.append((message.body, carried_headers(message.headers)))
        sequence = message.sequence + 1
    return found


async def bodies_in(where: Queue, stream: str) -> list[bytes]:
    """The bodies of the dead letters of a stream, oldest first."""
    return [body for body, _ in await letters_in(where, stream)]
