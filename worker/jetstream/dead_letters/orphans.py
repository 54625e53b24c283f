"""What lies in the object store for no dead letter any more, or never did."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from worker.jetstream.api import Api
from worker.jetstream.dead_letters.bodies import Bodies, Entry
from worker.jetstream.errors import STREAM_NOT_FOUND, ApiError
from worker.jetstream.info import find_stream, stream_state
from worker.jetstream.messages import StoredMessage, message_at, next_message
from worker.jetstream.reading.scan import Scan
from worker.jetstream.topology.layout import Layout, discover, generation, half_moved
from worker.model.dead_letter import read_dead_letter
from worker.model.names import QueueNames, dead_message

_KEY = b'"raw_object"'


class Orphans:
    """Removes objects that no letter names, and pieces that became no object. Meant to be kept.

    A letter is published after its object is stored, and its task goes after that: while the task
    is in the queue its object stays. Letters move: out of the work queue, into the archive, and
    back. So nothing goes that was not found without a letter twice, by two looks of `remove`.
    """

    def __init__(self, api: Api, names: QueueNames) -> None:
        self._api = api
        self._names = names
        self._bodies = Bodies(api, names)
        self._suspects: frozenset[str] = frozenset()
        self._seen: dict[str, tuple[str, int]] = {}

    async def remove(self) -> list[str]:
        """Look once; remove what the last look, some time ago, found without a letter too.

        Returns the names of objects, and the subjects of pieces that became none.

        Raises:
            JetStreamError: the look was cut short; the next one begins anew.
        """
        store = await find_stream(self._api, self._names.bodies_stream)
        if store is None or not store.messages or await half_moved(self._api, self._names):
            self._suspects = frozenset()
            return []
        before, self._suspects = self._suspects, frozenset()
        # Before the entries: an object that is complete by then has one.
        pieces = await self._bodies.piece_subjects()
        entries = await self._bodies.entries()
        loose = pieces - {self._names.body_pieces(entry.piece) for entry in entries}
        unnamed = await self.unnamed(entries)
        for name in sorted(unnamed & before):
            await self._bodies.remove(name)
        for subject in sorted(loose & before):
            await self._bodies.remove_pieces(subject)
        self._suspects = (unnamed | loose) - before
        return sorted((unnamed | loose) & before)

    async def unnamed(self, entries: Sequence[Entry]) -> frozenset[str]:
        """Return the names of the objects that neither a task nor a letter needs."""
        if not entries:
            return frozenset()
        layout = await discover(self._api, self._names)
        doubtful = [entry for entry in entries if not await self._is_needed(layout, entry.name)]
        unnamed = {entry.name for entry in doubtful}
        if not unnamed:
            return frozenset()
        oldest = min(entry.stored_at for entry in doubtful)
        # In the order in which letters move: what leaves one before it is read is in the next.
        for stream in dict.fromkeys((layout.work_queue.name, layout.dead_letters.name)):
            async for message in self._letters(layout, stream, oldest):
                self._note(stream, message, unnamed)
        if unnamed:
            async for message in self._copies():
                self._note(self._names.archive_stream, message, unnamed)
        return frozenset(unnamed)

    async def _is_needed(self, layout: Layout, name: str) -> bool:
        """Whether the task is still in the queue, or the letter where it was the last time."""
        origin = dead_message(name, generation(layout.work_queue.created))
        if origin:
            message = await message_at(self._api, self._names.stream, origin)
            if message is not None and message.subject == self._names.tasks:
                return True
        if name not in self._seen:
            return False
        stream, sequence = self._seen.pop(name)
        try:
            message = await message_at(self._api, stream, sequence)
        except ApiError as error:
            if error.err_code != STREAM_NOT_FOUND:
                raise
            return False
        if message is None or _named(message) != name:
            return False
        self._seen[name] = stream, sequence
        return True

    async def _letters(
        self, layout: Layout, stream: str, since: datetime
    ) -> AsyncIterator[StoredMessage]:
        home = await stream_state(self._api, stream)
        scan = Scan(self._api, home, self._names.dlq, layout.server.api_level)
        first = await scan.first_since(since)
        async for messages in scan.messages(first, home.last_sequence):
            for message in messages:
                yield message

    async def _copies(self) -> AsyncIterator[StoredMessage]:
        """Yield the letters in the archive, from which they may come back."""
        archive = self._names.archive_stream
        if await find_stream(self._api, archive) is None:
            return
        subject, sequence = self._names.archive("*"), 1
        while message := await next_message(self._api, archive, subject, sequence):
            yield message
            sequence = message.sequence + 1

    def _note(self, stream: str, message: StoredMessage, unnamed: set[str]) -> None:
        name = _named(message)
        if name in unnamed:
            unnamed.remove(name)
            self._seen[name] = stream, message.sequence


def _named(message: StoredMessage) -> str:
    """Return the object that a letter names, empty for none."""
    # Most name none, and reading a letter takes a while: others are served meanwhile.
    if _KEY not in message.body:
        return ""
    letter, _ = read_dead_letter(message.body)
    return letter.raw_object.name if letter is not None and letter.raw_object is not None else ""
