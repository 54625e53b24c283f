"""JetStream's own request API, and publishing with the server's acknowledgement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nats.aio.client import Client
from nats.errors import MaxPayloadError

from worker.jetstream.errors import (
    JETSTREAM_NOT_ENABLED,
    NO_LEADER,
    ApiError,
    JetStreamError,
    NoJetStreamError,
    NoLeaderError,
    PayloadTooLargeError,
    UnreachableError,
)
from worker.jetstream.requests import Answer, Asked, Requests
from worker.jetstream.wire.headers import header_block
from worker.model import wire_json

DEFAULT_TIMEOUT = 5.0
"""Seconds to wait for an answer of the server."""

MSG_ID = "Nats-Msg-Id"
EXPECTED_LAST_SUBJECT_SEQUENCE = "Nats-Expected-Last-Subject-Sequence"

_HEADER_PREAMBLE = len(b"NATS/1.0\r\n\r\n")
_HEADER_LINE = len(b": \r\n")


@dataclass(frozen=True, slots=True)
class PubAck:
    """The server's word that it stored a message, or that it had it already (`duplicate`)."""

    stream: str
    sequence: int
    duplicate: bool


class Api:
    """JetStream requests on one connection; every answer is decoded, every refusal raised."""

    def __init__(
        self, client: Client, prefix: str = "$JS.API", within: float = DEFAULT_TIMEOUT
    ) -> None:
        self._client = client
        self._requests = Requests(client)
        self._prefix = prefix
        self._within = within

    @property
    def client(self) -> Client:
        """The nats-py client, for the rooms of this package."""
        return self._client

    @property
    def prefix(self) -> str:
        """What every API subject begins with, `$JS.API` unless a domain is named."""
        return self._prefix

    @property
    def within(self) -> float:
        """Seconds to wait for an answer, where a call does not say otherwise."""
        return self._within

    def subject(self, verb: str) -> str:
        """Return the full subject of an API verb such as `STREAM.INFO.PROVISIONING`."""
        return f"{self._prefix}.{verb}"

    async def request(
        self, verb: str, body: Mapping[str, Any] | None = None, *, within: float | None = None
    ) -> dict[str, Any]:
        """Return the decoded answer to a JetStream API request.

        Raises:
            ApiError: the server refused.
            NoJetStreamError: nobody answers for this account.
            UncertainError: no answer within `within` seconds.
            UnreachableError: not connected.
        """
        payload = json.dumps(body).encode() if body else b""
        data = await self._ask(self.subject(verb), payload, b"", within)
        return decoded(self.subject(verb), data)

    async def publish(
        self,
        subject: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        msg_id: str | None = None,
        expected_last_subject_sequence: int | None = None,
        within: float | None = None,
    ) -> PubAck:
        """Store a message and return the server's acknowledgement.

        With `msg_id` a repeat inside the stream's duplicate window is stored once. With
        `expected_last_subject_sequence` it is stored only if the subject's last message has that
        sequence, 0 for none.

        Raises:
            PayloadTooLargeError: more than the server takes; nothing was sent.
            ApiError: refused, `err_code` 10071 where the expected sequence was another.
            UncertainError: no acknowledgement in time; it may be stored all the same.
            UnreachableError: not connected, or no stream takes the subject.
        """
        sent = dict(headers or {})
        if msg_id is not None:
            sent[MSG_ID] = msg_id
        if expected_last_subject_sequence is not None:
            sent[EXPECTED_LAST_SUBJECT_SEQUENCE] = str(expected_last_subject_sequence)
        self.check_size(subject, body, sent)
        data = await self._ask(subject, body, header_block(sent), within)
        answer = decoded(subject, data)
        return PubAck(answer["stream"], answer["seq"], bool(answer.get("duplicate", False)))

    async def publish_all(self, messages: Sequence[Asked]) -> list[PubAck | JetStreamError]:
        """Store messages that are sent together, in their order; return what became of each.

        An error is what `publish` would have raised. Each was checked to be no larger than the
        server takes.
        """
        answers = await self._requests.ask_all(messages, self._within)
        return [_ack(asked.subject, one) for asked, one in zip(messages, answers, strict=True)]

    async def request_all(
        self, verb: str, bodies: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any] | JetStreamError]:
        """Make API requests of one kind together; return the answers, or what went wrong."""
        subject = self.subject(verb)
        asked = [Asked(subject, wire_json.dumps_read(body)) for body in bodies]
        answers = await self._requests.ask_all(asked, self._within)
        return [_decoded(subject, one) for one in answers]

    def check_size(
        self, subject: str, body: bytes, headers: Mapping[str, str], beside: int = 0
    ) -> None:
        """Refuse what the server would cut the connection for: headers and body count together.

        `beside` are bytes of further headers.

        Raises:
            PayloadTooLargeError: it is more than the server's `max_payload`.
        """
        size = len(body) + headers_size(headers) + beside
        if size > self._client.max_payload:
            raise PayloadTooLargeError(subject, size, self._client.max_payload)

    async def exchange(
        self, subject: str, body: bytes, headers: bytes, *, within: float | None = None
    ) -> dict[str, Any] | None:
        """Send one message and return the decoded answer, None where the answer is empty.

        `headers` is a header block. The empty answer is how the server takes the first message of
        an atomic batch. Raises what `publish` raises.
        """
        data = await self._ask(subject, body, headers, within)
        return decoded(subject, data) if data else None

    def post(self, subject: str, body: bytes, headers: bytes) -> None:
        """Send one message that is not answered; it goes out before all that is sent after it.

        `headers` is a header block.

        Raises:
            PayloadTooLargeError: more than the server takes; nothing was sent.
            UnreachableError: not connected; nothing was sent.
        """
        try:
            self._requests.post(subject, body, headers)
        except MaxPayloadError as error:
            raise PayloadTooLargeError(subject, len(body), self._client.max_payload) from error

    async def _ask(
        self, subject: str, payload: bytes, headers: bytes, within: float | None
    ) -> bytes:
        try:
            answer = await self._requests.ask(subject, payload, headers, within or self._within)
        except MaxPayloadError as error:
            raise PayloadTooLargeError(subject, len(payload), self._client.max_payload) from error
        if answer.is_from_nobody:
            if subject.startswith(self._prefix):
                raise NoJetStreamError(f"{subject}: nobody answers, is JetStream on?")
            raise UnreachableError(f"{subject}: no stream takes this subject")
        return answer.data


def headers_size(headers: Mapping[str, str]) -> int:
    """Return the bytes that headers take on the wire."""
    if not headers:
        return 0
    lines = sum(_size(name) + _size(value) + _HEADER_LINE for name, value in headers.items())
    return lines + _HEADER_PREAMBLE


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _ack(subject: str, answer: Answer | JetStreamError) -> PubAck | JetStreamError:
    said = _decoded(subject, answer)
    if isinstance(said, JetStreamError):
        return said
    return PubAck(said["stream"], said["seq"], bool(said.get("duplicate", False)))


def _decoded(subject: str, answer: Answer | JetStreamError) -> dict[str, Any] | JetStreamError:
    if isinstance(answer, JetStreamError):
        return answer
    if answer.is_from_nobody:
        return UnreachableError(f"{subject}: nobody answers")
    try:
        return decoded(subject, answer.data)
    except JetStreamError as error:
        return error


def decoded(subject: str, data: bytes) -> dict[str, Any]:
    """Return an answer of JetStream's.

    Raises:
        NoJetStreamError: there is none for this account.
        ApiError: any other refusal.
    """
    answer = json.loads(data)
    if not isinstance(answer, dict):
        raise ApiError(subject, 500, 0, "the answer is not a JSON object")
    error = answer.get("error")
    if error:
        code, err_code = int(error.get("code", 500)), int(error.get("err_code", 0))
        description = str(error.get("description", "no description"))
        if err_code in JETSTREAM_NOT_ENABLED:
            raise NoJetStreamError(f"{subject}: {description}")
        if err_code == NO_LEADER:
            raise NoLeaderError(subject)
        raise ApiError(subject, code, err_code, description)
    return answer
