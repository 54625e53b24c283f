"""One dead letter, with all there is of it."""

from __future__ import annotations

from farutech_console.language import tr
from farutech_console.operations.queue import Queue
from worker.jetstream.dead_letters.bodies import Bodies
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.model.dead_letter import StoredDeadLetter


def absence(sequence: int, newest: int) -> str:
    """Return why no dead letter lies under a sequence, where `newest` is the last one given."""
    if sequence > newest:
        return tr(
            "there is no dead letter {n}: the newest sequence is {newest}",
            n=sequence,
            newest=newest,
        )
    return tr("there is no dead letter {n}: it was replayed, purged or expired", n=sequence)


async def read_letter(queue: Queue, sequence: int) -> StoredDeadLetter | None:
    """Return a letter, None where it is gone; a message too large for it from the object store.

    Where that is lost, the letter's `problem` says so.

    Raises:
        JetStreamError: the server could not be asked.
    """
    layout = await queue.layout()
    stored = await DeadLetters(queue.api, layout).letter(sequence)
    return None if stored is None else await Bodies(queue.api, queue.names).readable(stored)
