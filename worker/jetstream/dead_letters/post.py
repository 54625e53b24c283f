"""Publishing a dead letter in the largest shape that the server takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from worker.jetstream.api import EXPECTED_LAST_SUBJECT_SEQUENCE, MSG_ID, Api, PubAck, headers_size
from worker.jetstream.dead_letters.bodies import Bodies, telling_headers, with_headers
from worker.jetstream.errors import ApiError, PayloadTooLargeError
from worker.model.dead_letter import DeadLetter
from worker.model.names import WITH_HEADERS, QueueNames, carried_headers
from worker.model.raw_object import RawObject

SHORT_ERROR = 200
"""Characters of the error that even the largest dead letter keeps."""
MESSAGE_TOO_LARGE = 10054
"""JetStream: more than the stream's `max_msg_size`."""

_WIDEST = {EXPECTED_LAST_SUBJECT_SEQUENCE: "9" * 20}


class LetterPost:
    """Publishes the dead letters of one queue.

    A letter that is too large goes without its traceback, then with the beginning of its error, and
    at last with its message in the object store, with the headers before it if need be.
    """

    def __init__(self, api: Api, names: QueueNames) -> None:
        self._api = api
        self._subject = names.dlq
        self._bodies = Bodies(api, names)

    async def publish(
        self,
        letter: DeadLetter,
        message: bytes,
        headers: Mapping[str, str],
        key: str,
        expected_last: int | None = None,
    ) -> PubAck:
        """Store a dead letter and return the server's acknowledgement.

        Args:
            letter: The letter.
            message: The message that died, as it came.
            headers: Its headers; those that the server would give a meaning stay behind.
            key: Names the death: inside the duplicate window it is stored once.
            expected_last: It is stored only if the newest letter has this sequence, 0 for none.

        Raises:
            PayloadTooLargeError: more than the server takes whatever is cut; nothing was stored.
            ApiError, UncertainError, UnreachableError: as for `Api.publish`.
        """
        limit = size = self._api.client.max_payload
        for shape in _ever_smaller(letter, message, carried_headers(headers), key):
            body = shape.letter.to_wire()
            size = len(body) + headers_size(dict(shape.headers) | _WIDEST | {MSG_ID: key})
            if size > limit:
                continue
            if shape.letter.raw_object is not None:
                await self._bodies.put(shape.letter.raw_object, shape.outside)
            try:
                return await self._api.publish(
                    self._subject,
                    body,
                    headers=shape.headers,
                    msg_id=key,
                    expected_last_subject_sequence=expected_last,
                )
            except ApiError as error:
                if error.err_code != MESSAGE_TOO_LARGE:
                    raise
        raise PayloadTooLargeError(self._subject, size, min(limit, size - 1))


@dataclass(frozen=True, slots=True)
class _Shape:
    """A letter with its headers, and what lies in the object store for it."""

    letter: DeadLetter
    headers: Mapping[str, str]
    outside: bytes = b""


def _ever_smaller(
    letter: DeadLetter, message: bytes, headers: Mapping[str, str], key: str
) -> Iterator[_Shape]:
    for shorter in _ever_shorter(letter):
        yield _Shape(shorter, headers)
    for shorter in _ever_shorter(letter.outside(RawObject.of(key, message))):
        yield _Shape(shorter, headers, message)
    if headers:
        both, cut = with_headers(headers, message)
        place = RawObject.of(key + WITH_HEADERS, both, cut)
        for shorter in _ever_shorter(letter.outside(place)):
            yield _Shape(shorter, telling_headers(headers), both)


def _ever_shorter(letter: DeadLetter) -> Iterator[DeadLetter]:
    yield letter
    bare = letter.model_copy(update={"traceback": None})
    if letter.traceback is not None:
        yield bare
    if len(letter.error) > SHORT_ERROR:
        yield bare.model_copy(update={"error": letter.error[:SHORT_ERROR]})
