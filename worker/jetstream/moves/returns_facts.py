"""Facts of what came back from the archive, kept for good in the audit's stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from worker.jetstream.info import find_stream, stream_of_subject
from worker.jetstream.moves.intentions import Intention
from worker.jetstream.moves.purges_parts import PurgeParts
from worker.jetstream.reading.scan import SKEW, Scan, tell_nobody
from worker.jetstream.topology.layout import Layout, ensure_stream
from worker.model import wire_json
from worker.model.names import REPLAY_OF, RESTORED_OF
from worker.model.sequences import InvalidSequencesError, compact, expand
from worker.model.topology import audit_stream

RETURNED = "returned"


async def returned_before(parts: PurgeParts, life: str) -> set[int]:
    """Return the sequences, of one life of the letters' stream, that came back at any time."""
    return await parts.patience.repeat(lambda: _facts(parts, life))


async def returned_by(
    parts: PurgeParts,
    run: str,
    since: datetime,
    until: datetime,
    told: Callable[[int, int], None] = tell_nobody,
) -> list[int]:
    """Return the letters that a run brought back and that lie there, by their sequences now.

    They came between `since` and `until`; `told` is called as by `Scan.messages`. What a run was
    killed over counts once it is finished.
    What was replayed since and died again is another letter, though it carries the same header.

    Raises:
        JetStreamError: the server could not be asked.
    """
    keys = {
        f"{said.get('generation')}-{sequence}"
        async for said in _said(parts)
        if said.get("run") == run
        for sequence in _sequences(said)
    }
    scan, found = parts.scan(), []
    last = await scan.first_since(until + 2 * SKEW)
    async for page in scan.messages(await scan.first_since(since), last, told):
        found += [
            one.sequence
            for one in page
            if one.headers.get(RESTORED_OF) in keys and not _was_replayed(parts.layout, one.headers)
        ]
    return found


def _was_replayed(layout: Layout, headers: Mapping[str, str]) -> bool:
    """Return whether a letter was replayed after it came back: from a later place than it had."""
    stream, _, place = headers.get(REPLAY_OF, "").rpartition(":")
    life, _, had = headers[RESTORED_OF].rpartition("-")
    ours = (stream, life) == (layout.dead_letters.name, layout.dlq_generation)
    return ours and place.isdecimal() and int(place) > int(had)


async def _facts(parts: PurgeParts, life: str) -> set[int]:
    found: set[int] = set()
    async for said in _said(parts):
        if said.get("generation") == life:
            found |= _sequences(said)
    return found


async def _said(parts: PurgeParts) -> AsyncIterator[Mapping[str, Any]]:
    """Yield each record of letters that came back."""
    subject = parts.layout.names.audit(RETURNED)
    home = await stream_of_subject(parts.api, subject)
    state = await find_stream(parts.api, home) if home else None
    if state is None:
        return
    scan = Scan(parts.api, state, subject, parts.layout.server.api_level)
    async for messages in scan.messages(1, state.last_sequence):
        for message in messages:
            try:
                said = wire_json.loads(message.body)
            except wire_json.InvalidJsonError:
                continue
            if isinstance(said, dict):
                yield said


async def write_down(parts: PurgeParts, doing: Intention, back: Sequence[int]) -> None:
    """Write down for good which letters came back."""
    names = parts.layout.names
    subject = names.audit(RETURNED)
    said = {
        "phase": RETURNED,
        "generation": doing.generation,
        "sequences": compact(back),
        "by": doing.by,
        "of": doing.of,
        "run": doing.run,
    }
    spec = audit_stream(names, parts.layout.work_queue.replicas)
    await parts.patience.repeat(lambda: ensure_stream(parts.api, subject, spec))
    await parts.patience.repeat(lambda: parts.api.publish(subject, wire_json.dumps(said)))


def _sequences(said: Mapping[str, Any]) -> set[int]:
    try:
        return set(expand(str(said.get("sequences", "")), _MOST_OF_A_FACT))
    except InvalidSequencesError:
        return set()


_MOST_OF_A_FACT = 100_000
