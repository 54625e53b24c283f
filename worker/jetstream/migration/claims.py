"""Claims of replays: whether any is open, and how the work queue comes to take them itself."""

from __future__ import annotations

import asyncio
import uuid

from worker.jetstream.api import Api
from worker.jetstream.info import stream_of_subject
from worker.jetstream.messages import IN_FLIGHT, message_at
from worker.jetstream.migration.parts import Parts, RefusedChangeError
from worker.jetstream.moves.intentions import Intentions
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayer
from worker.jetstream.topology.answers import find_raw_stream
from worker.jetstream.topology.layout import discover, generation
from worker.jetstream.topology.updates import stream_configuration, update_stream
from worker.model.names import QueueNames
from worker.model.topology_diff import unfinished_replays
from worker.model.topology_found import covers


async def open_claims(api: Api, names: QueueNames) -> tuple[str, ...]:
    """Return the claims on letters of the streams as they live now; older ones mean nothing."""
    home = await stream_of_subject(api, names.replays)
    return await _claims_in(api, names, home) if home else ()


async def letters_claimed(api: Api, names: QueueNames) -> int:
    """Return how many letters are being replayed, or were when whoever did it was interrupted.

    Claims on letters that are gone are not counted: nothing is left to do but to remove them.
    """
    lives = await _lives(api, names)
    claims = [_parse(claim) for claim in await open_claims(api, names)]
    found = 0
    for start in range(0, len(claims), IN_FLIGHT):
        few = claims[start : start + IN_FLIGHT]
        there = await asyncio.gather(*(message_at(api, lives[life], at) for life, at in few))
        found += sum(message is not None for message in there)
    return found


async def refuse_while_replaying(parts: Parts) -> None:
    """Return if no letter is on its way; what interrupted replays left is finished first.

    Raises:
        RefusedChangeError: letters are being replayed, or nobody can tell whether they were.
    """
    api, names = parts.api, parts.names
    if not await open_claims(api, names) and not await _is_intended(api, names):
        return
    author = Author("topology apply", uuid.uuid4().hex)
    await Replayer(api, await discover(api, names), author, clock=parts.clock).recover()
    await refuse_claims(parts)


async def refuse_claims(parts: Parts) -> None:
    """Return if there is no claim, and nobody is purging letters or bringing some back.

    Raises:
        RefusedChangeError: there is, or somebody does.
    """
    if await _is_intended(parts.api, parts.names):
        raise RefusedChangeError("dead letters are being purged or brought back: wait for the end")
    claims = await open_claims(parts.api, parts.names)
    if claims:
        raise RefusedChangeError(unfinished_replays(len(claims)))


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
        await refuse_while_replaying(parts)
        await _retire(parts)
    subjects = (await stream_configuration(parts.api, names.stream)).get("subjects") or []
    if not any(covers(theirs, names.replays) for theirs in subjects):
        subjects = [*subjects, names.replays]
    await update_stream(parts.api, names.stream, {"subjects": subjects, "allow_atomic": True})
    await parts.step("taken claims")
    return f"{names.replays_stream} was empty and is gone" if aside is not None else ""


async def _is_intended(api: Api, names: QueueNames) -> bool:
    return (await Intentions(api, names).standing()).intention is not None


async def _retire(parts: Parts) -> None:
    stream = parts.names.replays_stream
    await update_stream(parts.api, stream, {"subjects": [f"{stream}.closed"]})
    await parts.step("closed")
    left = await _claims_in(parts.api, parts.names, stream)
    if left:
        await update_stream(parts.api, stream, {"subjects": [parts.names.replays]})
        raise RefusedChangeError(unfinished_replays(len(left)))
    await parts.api.request(f"STREAM.DELETE.{stream}")
    await parts.step("retired")


async def _claims_in(api: Api, names: QueueNames, home: str) -> tuple[str, ...]:
    answer = await find_raw_stream(api, home, names.replays)
    subjects = (answer["state"].get("subjects") or {}) if answer else {}
    if not subjects:
        return ()
    lives = await _lives(api, names)
    return tuple(subject for subject in subjects if _parse(subject)[0] in lives)


async def _lives(api: Api, names: QueueNames) -> dict[str, str]:
    """Return the streams that may hold letters, by the token of their present life."""
    lives: dict[str, str] = {}
    for stream in (names.stream, names.dlq_stream):
        found = await find_raw_stream(api, stream)
        if found is not None:
            lives[generation(str(found.get("created", "")))] = stream
    return lives


def _parse(claim: str) -> tuple[str, int]:
    """Return a claim's life and letter; the fence and what is no claim have none."""
    life, _, sequence = claim.rpartition(".")[2].rpartition("-")
    return life, int(sequence) if sequence.isascii() and sequence.isdigit() else 0
