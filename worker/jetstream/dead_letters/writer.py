"""Writing dead letters: stored for certain, once, before the task may go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from worker.jetstream.api import Api, PubAck
from worker.jetstream.dead_letters.post import LetterPost
from worker.jetstream.errors import JetStreamError, PayloadTooLargeError
from worker.model.dead_letter import DeadLetter
from worker.model.names import QueueNames
from worker.model.surroundings import Surroundings

FIRST_BACKOFF = 0.1
LONGEST_BACKOFF = 5.0


class NotWrittenError(Exception):
    """The delivery was lost before the dead letter could be stored; who has it now writes it."""


class DeadLetterWriter:
    """Publishes the dead letters of one queue, however long that takes."""

    def __init__(self, api: Api, names: QueueNames, around: Surroundings) -> None:
        self._post = LetterPost(api, names)
        self._random = around.random
        self._log = around.log

    async def write(
        self,
        letter: DeadLetter,
        message: bytes,
        headers: Mapping[str, str],
        key: str,
        still_ours: Callable[[], bool],
    ) -> PubAck:
        """Store a dead letter and return the server's acknowledgement, however long that takes.

        `message` is what died, with its `headers`; `key` names the death: a repeat with the same
        one inside the stream's duplicate window is stored once.

        Raises:
            PayloadTooLargeError: more than the server takes, even when cut; nothing was stored.
            NotWrittenError: `still_ours` said no before it was stored.
        """
        failures = 0
        while still_ours():
            try:
                return await self._post.publish(letter, message, headers, key)
            except PayloadTooLargeError:
                raise
            except JetStreamError as error:
                failures += 1
                self._log.error(
                    "dead_letter.not_stored", key=key, why=str(error), failures=failures
                )
            await asyncio.sleep(self._backoff(failures))
        raise NotWrittenError(f"dead letter {key}: the delivery is no longer ours")

    def _backoff(self, failures: int) -> float:
        longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(failures - 1, 10))
        return longest * (0.5 + 0.5 * self._random.random())
