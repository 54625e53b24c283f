"""Undo of a purge: its letters come back from the archive, each once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from farutech_console.language import tr
from farutech_console.operations.audit.log import AuditEntry, Wanted, read_audit
from farutech_console.operations.audit.recording import Change, audited
from farutech_console.operations.changes.tools import mover
from farutech_console.operations.errors import NothingToUndoError
from farutech_console.operations.letters.selection import ScanProgress, each_read, no_progress
from farutech_console.operations.model import Outcome
from farutech_console.operations.pace.control import never
from farutech_console.operations.queue import Queue
from worker.jetstream.info import find_stream
from worker.jetstream.moves.moves import Origin, return_letters
from worker.jetstream.moves.returns_facts import returned_before
from worker.jetstream.reading.scan import Scan
from worker.jetstream.replays.claims import Author
from worker.model.clock import format_rfc3339
from worker.model.names import ARCHIVE_ID

KEPT = timedelta(days=7)
"""How long the archive keeps a purge."""
LAST = "last"
FEWEST = 6
"""Characters of an id that name a purge."""


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What an undo will bring back: exactly these letters of one purge.

    `sequences` are those that they had. `came_back` counts the letters of the purge that came back
    before. `until` is when the archive forgets them.
    """

    id: str
    by: str
    why: str
    purged_at: datetime
    until: datetime
    generation: str
    sequences: tuple[int, ...]
    came_back: int
    target: str
    command: str

    @property
    def count(self) -> int:
        """How many letters come back."""
        return len(self.sequences)


async def plan_undo(
    queue: Queue, which: str = LAST, progress: Callable[[ScanProgress], None] = no_progress
) -> UndoPlan:
    """Plan to undo a purge: the last one, or the one whose id begins with `which`.

    `progress` is told how far the reading of the archive is.

    Raises:
        NothingToUndoError: there is no such purge, or the archive has nothing of it any more.
    """
    entry = await _find(queue, which)
    until = entry.began_at + KEPT
    if queue.clock.now() >= until:
        raise NothingToUndoError(
            tr(
                "{id} purged {time}: the archive keeps 7 days",
                id=entry.id,
                time=f"{entry.began_at:%Y-%m-%d %H:%M} UTC",
            )
        )
    layout = await queue.fresh_layout()
    parts = mover(queue, layout)
    copies = await _copies(queue, entry, progress)
    back = await returned_before(parts, entry.generation)
    return UndoPlan(
        id=entry.id,
        by=entry.by,
        why=entry.why,
        purged_at=entry.began_at,
        until=until,
        generation=entry.generation,
        sequences=tuple(sorted(copies - back)),
        came_back=len(copies & back),
        target=layout.dead_letters.name,
        command=f"farutech-console dlq undo {entry.id}",
    )


async def undo(
    queue: Queue, plan: UndoPlan, *, stop: Callable[[], bool] = never, why: str = ""
) -> AsyncGenerator[Outcome, None]:
    """Bring the letters of a plan back; yields an outcome for each, by the sequence it had.

    Once `stop` says so no more are begun.

    Raises:
        ReadOnlyError: the console may not change anything.
        AuditError: the audit could not be written.
        JetStreamError: the server was away for too long. What is under way is finished by whoever
            replays, purges or undoes next.
    """
    queue.guard("undo")
    if not plan.sequences:
        return

    async def going_on() -> bool:
        return not stop()

    layout = await queue.fresh_layout()
    change = Change(
        action="undo",
        about=layout.dead_letters.name,
        command=plan.command,
        why=why,
        generation=plan.generation,
        sequences=plan.sequences,
        details={"of": plan.id},
    )
    async with audited(queue, change) as tally:
        moving = return_letters(
            mover(queue, layout),
            Author(queue.operator, tally.id),
            Origin(plan.generation, plan.id),
            plan.sequences,
            going_on,
        )
        async with aclosing(moving):
            async for part in moving:
                outcomes = [Outcome(*done) for done in part]
                tally.count_all(outcomes)
                for outcome in outcomes:
                    yield outcome
        tally.stopped = tally.counts.total() < plan.count


def undo_record(plan: UndoPlan) -> dict[str, Any]:
    """Return a plan as `dlq undo --dry-run --json` prints it."""
    return {
        "plan": "undo",
        "id": plan.id,
        "by": plan.by,
        "why": plan.why,
        "purged_at": format_rfc3339(plan.purged_at),
        "until": format_rfc3339(plan.until),
        "generation": plan.generation,
        "count": plan.count,
        "sequences": list(plan.sequences),
        "came_back": plan.came_back,
        "target": plan.target,
        "command": plan.command,
    }


async def _find(queue: Queue, which: str) -> AuditEntry:
    wanted = Wanted(action="purge", id="" if which == LAST else which)
    found: list[AuditEntry] = []
    if which != LAST and len(which) < FEWEST:
        told = tr("{id} is too short: give at least {n} letters of an id", id=repr(which), n=FEWEST)
        raise NothingToUndoError(told)
    async with aclosing(read_audit(queue, wanted)) as entries:
        async for entry in entries:
            found.append(entry)
            if which == LAST or len(found) > 1:
                break
    if not found:
        last = tr("no purge is on record")
        what = last if which == LAST else tr("no purge has the id {id}", id=which)
        told = tr("{what}: farutech-console audit --action purge lists them", what=what)
        raise NothingToUndoError(told)
    if len(found) > 1:
        told = tr("several purges have an id that begins with {id}: give more", id=which)
        raise NothingToUndoError(told)
    return found[0]


async def _copies(
    queue: Queue, entry: AuditEntry, progress: Callable[[ScanProgress], None]
) -> set[int]:
    """Return the sequences of the letters that the archive has of a purge."""
    layout = await queue.layout()
    stream = await find_stream(queue.api, queue.names.archive_stream)
    if stream is None:
        return set()
    subject = queue.names.archive("*")
    scan = Scan(queue.api, stream, subject, layout.server.api_level)
    found: set[int] = set()
    first = await scan.first_since(entry.began_at)
    async for messages in scan.messages(first, stream.last_sequence, each_read(progress)):
        for message in messages:
            key = message.subject.rpartition(".")[2]
            life, _, sequence = key.rpartition("-")
            ours = message.headers.get(ARCHIVE_ID) == entry.id and life == entry.generation
            if ours and sequence.isascii() and sequence.isdigit():
                found.add(int(sequence))
    return found
