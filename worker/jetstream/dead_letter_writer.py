"""Writing dead letters: stored for certain, once, before the task may go."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping

from worker.jetstream.api import MSG_ID, Api, PubAck, headers_size
from worker.jetstream.errors import ApiError, JetStreamError, PayloadTooLargeError
from worker.model.dead_letter import DeadLetter
from worker.model.names import is_server_header
from worker.model.surroundings import Surroundings

FIRST_BACKOFF = 0.1
LONGEST_BACKOFF = 5.0
SHORT_ERROR = 200
"""Characters of the error that even the largest dead letter keeps."""
MESSAGE_TOO_LARGE = 10054
"""JetStream: more than the stream's `max_msg_size`."""

_SENDABLE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class NotWrittenError(Exception):
    """The delivery was lost before the dead letter could be stored; who has it now writes it."""


class DeadLetterWriter:
    """Publishes dead letters on one subject."""

    def __init__(self, api: Api, subject: str, around: Surroundings) -> None:
        self._api = api
        self._subject = subject
        self._random = around.random
        self._log = around.log

    async def write(
        self,
        letter: DeadLetter,
        key: str,
        headers: Mapping[str, str],
        still_ours: Callable[[], bool],
    ) -> PubAck:
        """Store a dead letter and return the server's acknowledgement, however long that takes.

        `key` names the death: a repeat with the same one inside the stream's duplicate window is
        stored once. Of `headers` those that the server would give a meaning stay behind.

        Raises:
            PayloadTooLargeError: more than the server takes, even when cut; nothing was stored.
            NotWrittenError: `still_ours` said no before it was stored.
        """
        kept = carried_headers(headers)
        bodies = self._bodies_that_fit(letter, kept | {MSG_ID: key})
        failures = 0
        while still_ours():
            try:
                return await self._api.publish(self._subject, bodies[0], headers=kept, msg_id=key)
            except JetStreamError as error:
                if _is_too_large(error):
                    size = len(bodies.pop(0))
                    if bodies:
                        continue
                    raise PayloadTooLargeError(self._subject, size, size - 1) from error
                failures += 1
                self._log.error(
                    "dead_letter.not_stored", key=key, why=str(error), failures=failures
                )
            await asyncio.sleep(self._backoff(failures))
        raise NotWrittenError(f"dead letter {key}: the delivery is no longer ours")

    def _backoff(self, failures: int) -> float:
        longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(failures - 1, 10))
        return longest * (0.5 + 0.5 * self._random.random())

    def _bodies_that_fit(self, letter: DeadLetter, headers: Mapping[str, str]) -> list[bytes]:
        """Return the letter's bytes whole, without traceback, with a short error: what may go."""
        room = self._api.client.max_payload - headers_size(headers)
        bodies = [shape.to_wire() for shape in _ever_shorter(letter)]
        fitting = [body for body in bodies if len(body) <= room]
        if not fitting:
            raise PayloadTooLargeError(self._subject, len(bodies[-1]), room)
        return fitting


def carried_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that go on with a copy of a message: all but the server's own.

    Names that may not be sent, though a message came with them, stay behind too.
    """
    return {
        name: value
        for name, value in headers.items()
        if not is_server_header(name) and _SENDABLE.fullmatch(name)
    }


def death_key(life: str, sequence: int) -> str:
    """Return what names the death of message `sequence`, in one life of its stream."""
    return f"dead-{life}-{sequence}"


def _is_too_large(error: JetStreamError) -> bool:
    return isinstance(error, ApiError) and error.err_code == MESSAGE_TOO_LARGE


def _ever_shorter(letter: DeadLetter) -> tuple[DeadLetter, ...]:
    bare = letter.model_copy(update={"traceback": None})
    short = bare.model_copy(update={"error": letter.error[:SHORT_ERROR]})
    return letter, bare, short
