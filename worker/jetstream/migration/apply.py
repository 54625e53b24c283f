"""Making a server as declared: the differences of a plan, one after the other, and no others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal

from worker.jetstream.errors import JetStreamError
from worker.jetstream.migration.claims import take_claims
from worker.jetstream.migration.move import move_dead_letters
from worker.jetstream.migration.parts import Parts, RefusedChangeError
from worker.jetstream.topology.configs import (
    CONSUMER_FIELDS,
    STREAM_FIELDS,
    consumer_config,
    stream_config,
)
from worker.jetstream.topology.layout import create_consumer, create_stream
from worker.jetstream.topology.updates import stream_configuration, update_consumer, update_stream
from worker.model.topology_changes import (
    AddSubjects,
    Change,
    CreateConsumer,
    CreateStream,
    Difference,
    MoveDeadLetters,
    TakeClaims,
    UpdateConsumer,
    UpdateStream,
)

Outcome = Literal["applied", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one difference.

    `refused`: it was not tried, or could not be done safely; nothing changed. `failed`: the server
    refused, or did not answer; look at the plan again. `detail` is for an operator to read.
    """

    difference: Difference
    outcome: Outcome
    detail: str = ""


async def apply(parts: Parts, differences: Sequence[Difference]) -> AsyncIterator[Applied]:
    """Apply these differences in their order, and yield what became of each.

    One that fails does not keep the others from being tried: none builds on another.
    """
    for difference in differences:
        yield await _apply_one(parts, difference)
        await parts.step("applied")


async def _apply_one(parts: Parts, difference: Difference) -> Applied:
    if difference.change is None:
        return Applied(difference, "refused", difference.reason)
    try:
        detail = await _change(parts, difference.change)
    except RefusedChangeError as error:
        return Applied(difference, "refused", str(error))
    except JetStreamError as error:
        return Applied(difference, "failed", str(error))
    return Applied(difference, "applied", detail)


async def _change(parts: Parts, change: Change) -> str:
    """Carry out one change; return what should be known of it, in words."""
    api = parts.api
    match change:
        case CreateStream(spec):
            return "" if await create_stream(api, spec) else "somebody else created it"
        case CreateConsumer(consumer):
            return "" if await create_consumer(api, consumer) else "somebody else created it"
        case UpdateStream(spec, setting):
            field = STREAM_FIELDS[setting]
            await update_stream(api, spec.name, {field: stream_config(spec)[field]})
        case UpdateConsumer(consumer, setting):
            field = CONSUMER_FIELDS[setting]
            changed = {field: consumer_config(consumer)[field]}
            await update_consumer(api, consumer.stream, consumer.name, changed)
        case AddSubjects(stream, subjects):
            taken = (await stream_configuration(api, stream)).get("subjects") or []
            more = [subject for subject in subjects if subject not in taken]
            await update_stream(api, stream, {"subjects": [*taken, *more]})
        case MoveDeadLetters(spec):
            return await move_dead_letters(parts, spec)
        case TakeClaims():
            return await take_claims(parts)
    return ""
