"""Pausing a consumer for a time: the server delivers nothing until then (2.11+, ADR-42)."""

from __future__ import annotations

from datetime import UTC, datetime

from worker.jetstream.api import Api
from worker.jetstream.info import NANOSECONDS
from worker.model.clock import format_rfc3339, parse_rfc3339
from worker.model.names import QueueNames
from worker.model.state import Pause


async def server_time(api: Api, names: QueueNames) -> datetime:
    """Return the time by the clock of the server that leads the consumer.

    Raises:
        ApiError: `err_code` 10014 where there is no such consumer.
    """
    answer = await api.request(f"CONSUMER.INFO.{names.stream}.{names.consumer}")
    return parse_rfc3339(str(answer.get("ts", ""))) or datetime.now(UTC)


async def pause_consumer(api: Api, names: QueueNames, until: datetime | None) -> Pause:
    """Pause the consumer until then, by the server's clock; None has it deliver again.

    A time that is past has it deliver too. Tasks in hand can be settled meanwhile; a Go worker that
    creates or updates the consumer does not end the pause (measured on 2.11.11 to 2.15.1). A server
    before 2.11 does not answer.

    Raises:
        UncertainError: no answer.
        ApiError: `err_code` 10014 where there is no such consumer.
    """
    body = {} if until is None else {"pause_until": format_rfc3339(until)}
    answer = await api.request(f"CONSUMER.PAUSE.{names.stream}.{names.consumer}", body)
    return Pause(
        paused=bool(answer.get("paused", False)),
        until=parse_rfc3339(str(answer.get("pause_until", ""))),
        remaining=int(answer.get("pause_remaining", 0)) / NANOSECONDS,
    )
