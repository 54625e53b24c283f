"""The task that a stuck letter is a copy of: gone before the letter is, or it would come back.

Who moves a stuck task stores its letter first and deletes the task then. Where it died in between,
both are there; a letter that is replayed or purged alone would leave the task, the next sweep would
write the letter anew, and a second replay would run the task twice.
"""

from __future__ import annotations

from worker.jetstream.api import Api
from worker.jetstream.dead_letters.bodies import with_headers
from worker.jetstream.messages import StoredMessage, delete_message, message_at
from worker.model.dead_letter import DeadLetter, StoredDeadLetter
from worker.model.names import QueueNames, carried_headers
from worker.model.stuck_letter import read_stuck

_MOST = 2**63


async def delete_origin(api: Api, names: QueueNames, stored: StoredDeadLetter) -> bool:
    """Delete the task that a stuck letter was copied from; return whether it was still there.

    Nothing is lost by it, since the letter has the task. To be done before the letter is replayed
    or purged.

    Raises:
        JetStreamError: it may still be there.
    """
    letter = stored.letter
    if letter is None or letter.reason != "stuck" or letter.source is None:
        return False
    source = letter.source
    if source.stream != names.stream or not 0 < source.sequence < _MOST:
        return False
    message = await message_at(api, names.stream, source.sequence)
    if message is None or message.subject != names.tasks or not _is_copy(letter, message):
        return False
    return await delete_message(api, names.stream, source.sequence)


def _is_copy(letter: DeadLetter, message: StoredMessage) -> bool:
    """Whether the letter has this very message: a stream created anew numbers anew."""
    if (place := letter.raw_object) is not None:
        if place.headers is None:
            return place.is_of(message.body)
        return place.is_of(with_headers(carried_headers(message.headers), message.body)[0])
    task, raw = read_stuck(message.body)
    return (task.with_attempt(letter.task.attempt), raw) == (letter.task, letter.raw)
