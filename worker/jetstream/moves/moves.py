"""Moving dead letters into the archive and back, part by part, whatever others left unfinished."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from worker.jetstream.moves.intentions import Intention, Standing
from worker.jetstream.moves.purges import finish_purge
from worker.jetstream.moves.purges_parts import Purged, PurgeParts
from worker.jetstream.moves.returns import Returned, finish_return
from worker.jetstream.replays.claims import Author

Allow = Callable[[], Awaitable[bool]]
"""Asked before each part whether it may begin; waits while it may not yet."""


async def always() -> bool:
    """Go on to the end."""
    return True


@dataclass(frozen=True, slots=True)
class Origin:
    """Letters in the archive: of which life of their stream, and of which run the copies are."""

    generation: str
    run: str


async def finish_standing(parts: PurgeParts) -> Intention | None:
    """Finish what someone began and left; return what it was, None where nothing stood.

    `parts.note` is told what became of its letters; without it nothing goes on record.

    Raises:
        JetStreamError: it could not be finished; it stands.
    """
    standing = await parts.patience.repeat(parts.intentions.standing)
    if standing.intention is not None:
        await _finish(parts, standing)
    return standing.intention


async def purge_letters(
    parts: PurgeParts, author: Author, why: str, sequences: Sequence[int], allow: Allow
) -> AsyncGenerator[Sequence[Purged], None]:
    """Move these letters into the archive; yield the outcomes, part by part.

    Raises:
        JetStreamError: the server went away, or refused. Letters of the part at hand are finished
            by whoever replays, purges or brings back letters next.
    """
    most = await parts.most_at_once(parts.layout.dead_letters.name)
    for number, part in enumerate(_parts(sequences, most)):
        if not await allow():
            return
        intention = Intention(
            kind="purge",
            step="announced",
            generation=parts.layout.dlq_generation,
            sequences=part,
            by=author.by,
            run=author.run,
            part=number,
            why=why,
        )
        outcomes = await finish_purge(parts, await _announce(parts, intention))
        yield [outcomes[sequence] for sequence in part]


async def return_letters(
    parts: PurgeParts, author: Author, origin: Origin, sequences: Sequence[int], allow: Allow
) -> AsyncGenerator[Sequence[Returned], None]:
    """Bring letters back from the archive; yield the outcomes, part by part.

    Raises:
        JetStreamError: the server went away, or refused. Letters of the part at hand are finished
            by whoever replays, purges or brings back letters next.
    """
    most = await parts.most_at_once(parts.layout.names.archive_stream)
    for number, part in enumerate(_parts(sequences, most)):
        if not await allow():
            return
        intention = Intention(
            kind="return",
            step="announced",
            generation=origin.generation,
            sequences=part,
            by=author.by,
            run=author.run,
            part=number,
            of=origin.run,
            home=parts.layout.dlq_generation,
            since=await parts.patience.repeat(parts.last_sequence),
        )
        outcomes = await finish_return(parts, await _announce(parts, intention))
        yield [outcomes[sequence] for sequence in part]


async def _announce(parts: PurgeParts, intention: Intention) -> Standing:
    """Write an intention down, once what others began is finished."""
    while True:
        standing = await parts.patience.repeat(parts.intentions.standing)
        if standing.intention is not None:
            await _finish(parts, standing)
            continue
        written = await parts.patience.repeat(partial(parts.intentions.write, intention, standing))
        if written is not None:
            await parts.step("announced")
            return written


async def _finish(parts: PurgeParts, standing: Standing) -> None:
    assert standing.intention is not None
    if standing.intention.kind == "purge":
        await finish_purge(parts, standing, parts.note)
    else:
        await finish_return(parts, standing, parts.note)


def _parts(sequences: Sequence[int], most: int) -> list[tuple[int, ...]]:
    ascending = sorted(set(sequences))
    return [tuple(ascending[start : start + most]) for start in range(0, len(ascending), most)]
