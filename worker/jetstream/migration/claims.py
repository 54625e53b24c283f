"""Claims of replays: whether any is open, and how the work queue comes to take them itself."""

from __future__ import annotations

from worker.jetstream.answers import find_raw_stream
from worker.jetstream.api import Api
from worker.jetstream.info import stream_of_subject
from worker.jetstream.migration.parts import Parts, RefusedChangeError
from worker.jetstream.replays_claims import FENCE
from worker.jetstream.topology import generation
from worker.jetstream.updates import stream_configuration, update_stream
from worker.model.names import QueueNames
from worker.model.topology_diff import unfinished_replays
from worker.model.topology_found import covers


async def open_claims(api: Api, names: QueueNames) -> tuple[str, ...]:
    """Return the claims on letters of the streams as they live now; older ones mean nothing."""
    home = await stream_of_subject(api, names.replays)
    return await _claims_in(api, names, home) if home else ()


async def take_claims(parts: Parts) -> str:
    """Have the work queue take claims, and atomic batches; return what was done, in words.

    A side stream of claims goes: two streams cannot take one subject. It is closed first, so that
    none can come while it is looked at; a replay meanwhile sends nothing and says so.

    Raises:
        RefusedChangeError: it holds claims of replays that have not ended.
        JetStreamError: the server refused.
    """
    names = parts.names
    aside = await find_raw_stream(parts.api, names.replays_stream)
    if aside is not None:
        await _retire(parts)
    subjects = (await stream_configuration(parts.api, names.stream)).get("subjects") or []
    if not any(covers(theirs, names.replays) for theirs in subjects):
        subjects = [*subjects, names.replays]
    await update_stream(parts.api, names.stream, {"subjects": subjects, "allow_atomic": True})
    await parts.step("taken claims")
    return f"{names.replays_stream} was empty and is gone" if aside is not None else ""


def fence_subject(names: QueueNames) -> str:
    """Return the subject of the fence: see `Claims`."""
    return names.replays.replace("*", FENCE)


async def _retire(parts: Parts) -> None:
    stream = parts.names.replays_stream
    subjects = (await stream_configuration(parts.api, stream))["subjects"]
    await update_stream(parts.api, stream, {"subjects": [f"{stream}.closed"]})
    await parts.step("closed")
    left = await _claims_in(parts.api, parts.names, stream)
    if left:
        await update_stream(parts.api, stream, {"subjects": subjects})
        raise RefusedChangeError(unfinished_replays(len(left)))
    await parts.api.request(f"STREAM.DELETE.{stream}")
    await parts.step("retired")


async def _claims_in(api: Api, names: QueueNames, home: str) -> tuple[str, ...]:
    answer = await find_raw_stream(api, home, names.replays)
    subjects = (answer["state"].get("subjects") or {}) if answer else {}
    lives: list[str] = []
    for stream in {names.stream, names.dlq_stream} if subjects else ():
        found = await find_raw_stream(api, stream)
        if found is not None:
            lives.append(generation(str(found.get("created", ""))))
    base = names.replays.removesuffix("*")
    return tuple(x for x in subjects if x.removeprefix(base).rpartition("-")[0] in lives)
