"""What carries changes out, so that what is finished of others' on the way goes on record."""

from __future__ import annotations

from functools import partial

from farutech_console.operations.audit.recording import note_finishing
from farutech_console.operations.queue import Queue
from worker.jetstream.moves.finishings import move_noter
from worker.jetstream.moves.purges_parts import PurgeParts
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayer
from worker.jetstream.topology.layout import Layout


def mover(queue: Queue, layout: Layout) -> PurgeParts:
    """Return what purges letters into the archive and brings them back."""
    note = move_noter(partial(note_finishing, queue), queue.operator)
    return PurgeParts(queue.api, layout, queue.clock, note=note)


def replayer(queue: Queue, layout: Layout, author: Author) -> Replayer:
    """Return what replays letters."""
    note = partial(note_finishing, queue)
    return Replayer(queue.api, layout, author, clock=queue.clock, note=note)
