"""Stopping the delivery of tasks for a time, never for ever, and having it go on."""

from __future__ import annotations

import shlex
from datetime import datetime, timedelta

from farutech_console.language import tr
from farutech_console.operations.audit.recording import Change, audited
from farutech_console.operations.errors import UnsupportedError
from farutech_console.operations.fleet.consumer import require_consumer
from farutech_console.operations.queue import Queue
from farutech_console.operations.units import duration
from worker.jetstream.fleet.pause import pause_consumer, server_time
from worker.jetstream.info import server_state
from worker.model.clock import format_rfc3339
from worker.model.state import Pause
from worker.model.topology import PAUSE_LEVEL

LONGEST = timedelta(days=7)
"""Nobody remembers a pause for longer: tasks expire after three days where Go made the stream."""


class PauseTooLongError(ValueError):
    """A pause has an end, in the future and within `LONGEST`."""


async def pause_for(queue: Queue, seconds: float, why: str = "") -> Pause:
    """Stop deliveries for so many seconds by the server's clock; a pause there is replaced.

    Raises:
        PauseTooLongError: not between a second and `LONGEST`.
        UnsupportedError: the server is older than 2.11.
        ReadOnlyError: this console may not change anything.
        AuditError: the audit could not be written; nothing was changed.
        JetStreamError: the server could not be asked, or has no such consumer.
    """
    check_length(seconds)
    await _check_server(queue)
    until = await server_time(queue.api, queue.names) + timedelta(seconds=seconds)
    return await _pause(queue, until, why)


async def pause_until(queue: Queue, until: datetime, why: str = "") -> Pause:
    """Stop deliveries until then. Raises what `pause_for` raises."""
    await _check_server(queue)
    now = await server_time(queue.api, queue.names)
    check_length((until - now).total_seconds())
    return await _pause(queue, until, why)


async def resume(queue: Queue, why: str = "") -> Pause:
    """Have deliveries go on. Raises what `pause_for` raises."""
    await _check_server(queue)
    change = Change("resume", queue.names.consumer, "farutech-console resume", why)
    async with audited(queue, change) as tally:
        state = await pause_consumer(queue.api, queue.names, None)
        tally.count("resumed")
    return state


def check_length(seconds: float) -> None:
    """Refuse a pause that has no end, or none that makes sense.

    Raises:
        PauseTooLongError: not between a second and `LONGEST`.
    """
    longest = LONGEST.total_seconds()
    if not 1 <= seconds <= longest:
        raise PauseTooLongError(tr("a pause lasts from 1 s to {span}", span=duration(longest)))


async def _pause(queue: Queue, until: datetime, why: str) -> Pause:
    end = format_rfc3339(until)
    command = shlex.join(["farutech-console", "pause", "--until", end])
    change = Change("pause", queue.names.consumer, command, why, details={"until": end})
    async with audited(queue, change) as tally:
        state = await pause_consumer(queue.api, queue.names, until)
        tally.count("paused")
    return state


async def _check_server(queue: Queue) -> None:
    server = await server_state(queue.api)
    if server.api_level < PAUSE_LEVEL:
        raise UnsupportedError(
            tr(
                "nats-server {version} cannot pause a consumer, 2.11 and newer can: "
                "stop the workers instead",
                version=server.version,
            )
        )
    await require_consumer(queue)
