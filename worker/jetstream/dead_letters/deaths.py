"""Writing down deaths, each once: whoever writes, however many do, and whenever one of them dies.

The server's memory for message ids ends, with the stream's duplicate window, and a claim that is
kept apart from the letter cannot tell whether the letter was sent. So a letter is stored on a
condition: that the newest letter is still the one up to which all were read, and none of those was
this death. Of many who write the same one the server takes the first; the others read it then.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from worker.jetstream.api import MSG_ID, Api
from worker.jetstream.dead_letters.post import LetterPost
from worker.jetstream.errors import (
    WRONG_LAST_SEQUENCE,
    ApiError,
    JetStreamError,
    UncertainError,
)
from worker.jetstream.messages import StoredMessage, last_message
from worker.jetstream.reading.scan import Scan
from worker.jetstream.topology.layout import Layout, generation
from worker.model.dead_letter import DeadLetter, read_dead_letter
from worker.model.names import dead_message, death_key, is_death_key

TRIES = 20
"""Letters of others that may come in between."""
WRONG_LAST_SEQUENCE_SOON = 10164
"""JetStream: another message under the same subject is on its way to being stored."""


class CrowdedError(JetStreamError):
    """Other dead letters came all the time; nothing was stored. Try again when it is calmer."""


class MovedError(JetStreamError):
    """The dead letters have another stream now: where they lie must be found out anew."""


class Deaths:
    """The deaths of some messages of the work queue, as the dead letters tell them."""

    def __init__(self, api: Api, layout: Layout, sequences: Collection[int]) -> None:
        """Describe them.

        Args:
            api: Reads and writes the letters.
            layout: Where they lie.
            sequences: The messages whose deaths may have to be written down.
        """
        self._api = api
        self._post = LetterPost(api, layout.names)
        self._subject = layout.names.dlq
        self._home = layout.dead_letters.name
        self._source = layout.names.stream
        self._life = generation(layout.work_queue.created)
        self._scan = Scan(api, layout.dead_letters, self._subject, layout.server.api_level)
        self._unwritten = set(sequences)
        self._written: set[int] = set()
        self._upto = 0
        self._newest = 0

    async def read(self, since: datetime) -> None:
        """Read every letter that was stored since the first of the messages was: `since`."""
        self._upto = await self._scan.first_since(since) - 1
        await self._catch_up()

    async def write(self, message: StoredMessage, letter: DeadLetter) -> Literal["stored", "found"]:
        """Store the letter of a message, unless it has one. `read` comes before.

        Raises:
            CrowdedError: other letters came in between, again and again.
            MovedError: the letters were moved to another stream meanwhile.
            PayloadTooLargeError: the letter is more than the server takes, even when cut.
            ApiError: the stream of letters does not take it.
            UncertainError, UnreachableError: not known; a later attempt finds out.
        """
        sequence = message.sequence
        key = death_key(self._life, sequence)
        for _ in range(TRIES):
            if sequence in self._written:
                return "found"
            try:
                ack = await self._post.publish(
                    letter, message.body, message.headers, key, self._newest
                )
            except UncertainError:
                # It may be stored yet: then either the condition or its id stops the next.
                await self._catch_up()
            except ApiError as error:
                if error.err_code not in (WRONG_LAST_SEQUENCE, WRONG_LAST_SEQUENCE_SOON):
                    raise
                await self._catch_up()
            else:
                self._note(sequence)
                if ack.stream != self._home:
                    raise MovedError(f"{self._subject} is {ack.stream}'s now, not {self._home}'s")
                if ack.duplicate:
                    return "found"
                self._newest = self._upto = ack.sequence
                return "stored"
        raise CrowdedError(f"message {sequence}: other dead letters keep coming")

    async def _catch_up(self) -> None:
        """Read the letters up to the newest there is: with it as the condition none is missed."""
        newest = await last_message(self._api, self._home, self._subject)
        self._newest = newest.sequence if newest else 0
        async for messages in self._scan.messages(self._upto + 1, self._newest):
            for message in messages:
                died = self._whose(message)
                if died in self._unwritten:
                    self._note(died)
        self._upto = max(self._upto, self._newest)

    def _note(self, sequence: int) -> None:
        self._unwritten.discard(sequence)
        self._written.add(sequence)

    def _whose(self, message: StoredMessage) -> int:
        """Return the message whose letter this is, 0 where it is another's.

        Its id says so; a letter that was moved here has lost that, and says it in its body.
        """
        key = message.headers.get(MSG_ID, "")
        if is_death_key(key):
            return dead_message(key, self._life)
        letter, _ = read_dead_letter(message.body)
        source = letter.source if letter else None
        if source is None or source.stream != self._source:
            return 0
        return source.sequence
