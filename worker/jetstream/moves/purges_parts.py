"""What carrying out a purge or a return takes, and what becomes of a letter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, NamedTuple

from worker.jetstream.api import Api
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.errors import JetStreamError
from worker.jetstream.info import stream_of_subject, stream_state
from worker.jetstream.moves.archive import Archive
from worker.jetstream.moves.intentions import MOST_LETTERS, Intention, Intentions
from worker.jetstream.patience import Patience
from worker.jetstream.reading.scan import Scan
from worker.jetstream.replays.claims import Claims, Step, no_step
from worker.jetstream.topology.layout import Layout
from worker.model.clock import Clock

GONE = "no longer there: replayed or purged by someone else"
CLAIMED = "someone replays it, or began to: replay it again, which finishes or explains that"
COPIES_AT_ONCE = 128
MOST_BYTES = 64 * 1024 * 1024
"""Bytes of letters that are held at once, about."""

NoteMove = Callable[[Intention, Mapping[int, str]], Awaitable[None]]
"""Takes what became of each letter of a purge or a return that somebody else had begun."""

PurgeResult = Literal["purged", "already", "failed", "unknown"]


class MovingError(JetStreamError):
    """The dead letters are moving into another stream just now."""


class Purged(NamedTuple):
    """What became of one letter.

    `purged`: its copy lies in the archive, and the letter is gone. `already`: someone else replayed
    or purged it. `failed`: it stays where it is.
    """

    sequence: int
    task_id: str
    result: PurgeResult
    detail: str = ""


class PurgeParts:
    """What carrying out a purge takes."""

    def __init__(
        self,
        api: Api,
        layout: Layout,
        clock: Clock,
        step: Step = no_step,
        note: NoteMove | None = None,
    ) -> None:
        """Take the tools; `note` puts on record what of others' is finished on the way."""
        self.api = api
        self.layout = layout
        self.patience = Patience(api, clock)
        self.intentions = Intentions(api, layout.names)
        self.archive = Archive(api, layout.names)
        self.letters = DeadLetters(api, layout, current=True)
        self.step = step
        self.note = note

    def scan(self) -> Scan:
        """Return what reads the letters as messages, without a look into them."""
        home, level = self.layout.dead_letters, self.layout.server.api_level
        return Scan(self.api, home, self.layout.names.dlq, level)

    async def most_at_once(self, stream: str) -> int:
        """Return how many messages of a stream are carried at once: some megabytes, on average."""
        state = await self.patience.repeat(lambda: stream_state(self.api, stream))
        average = state.bytes / state.messages if state.messages else 1.0
        return max(1, min(MOST_LETTERS, int(MOST_BYTES / max(average, 1.0))))

    async def last_sequence(self) -> int:
        """Return the sequence of what their stream took last."""
        return (await stream_state(self.api, self.layout.dead_letters.name)).last_sequence

    async def claims(self) -> Claims | None:
        """Return the claims of replays, None where no stream takes any."""
        names = self.layout.names
        home = await self.patience.repeat(lambda: stream_of_subject(self.api, names.replays))
        return None if home is None else Claims(self.api, home, self.layout)
