"""Walks through windows of sequences by message get, each step as soon as the one before is in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from nats.errors import Error as NatsError
from pydantic_core import from_json

from worker.jetstream.api import Api, decoded
from worker.jetstream.errors import (
    MESSAGE_NOT_FOUND,
    ApiError,
    JetStreamError,
    NoJetStreamError,
    UncertainError,
    UnreachableError,
)
from worker.jetstream.messages import StoredMessage, stored_message
from worker.jetstream.requests import Answer
from worker.jetstream.wire.wire import Wire


@dataclass(slots=True)
class Walk:
    """A walk from a window's start to its `last`, or until it has so many messages.

    `whole` if it reached the end.
    """

    last: int
    messages: list[StoredMessage] = field(default_factory=list)
    whole: bool = True


class Walks:
    """Some walks at once. Answers are taken off the wire as they come, without a task for each."""

    def __init__(self, api: Api, stream: str, subject: str) -> None:
        self._api = api
        self._wire = Wire.of(api.client)
        self._request = api.subject(f"STREAM.MSG.GET.{stream}")
        self._tail = b',"next_by_subj":%b}' % json.dumps(subject).encode()
        self._inbox = api.client.new_inbox()
        self._end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._walks: list[Walk] = []
        self._most = 0
        self._under_way = 0
        self._steps = 0

    async def run(self, windows: Sequence[tuple[int, int]], most: int) -> list[Walk]:
        """Walk through each window of a first and a last sequence, up to `most` messages of each.

        Raises:
            JetStreamError: the server refused, or did not answer.
        """
        self._walks = [Walk(last) for _, last in windows]
        self._most = most
        try:
            subscription = await self._wire.subscribe(f"{self._inbox}.*", self._take)
            try:
                self._under_way = len(windows)
                for number, (first, _) in enumerate(windows):
                    self._ask(number, first)
                await self._ended()
            finally:
                await subscription.unsubscribe()
        except NatsError as error:
            raise UnreachableError(f"{self._request}: {error}") from error
        return self._walks

    async def _ended(self) -> None:
        while not self._end.done():
            steps = self._steps
            await asyncio.wait((self._end,), timeout=self._api.within)
            if not self._end.done() and self._steps == steps:
                raise UncertainError(f"{self._request}: no answer from the server")
        self._end.result()

    def _ask(self, number: int, sequence: int) -> None:
        body = b'{"seq":%d%b' % (max(sequence, 1), self._tail)
        if not self._wire.publish(self._request, body, b"", f"{self._inbox}.{number}"):
            raise UnreachableError(f"{self._request}: not connected")

    def _take(self, subject: str, _reply: str, block: bytes, data: bytes) -> None:
        if self._end.done():
            return
        self._steps += 1
        number = int(subject[len(self._inbox) + 1 :])
        try:
            following = self._step(self._walks[number], Answer(block, data))
            if following is not None:
                self._ask(number, following)
                return
        except (JetStreamError, NatsError) as error:
            self._end.set_exception(error)
            return
        except ValueError as error:
            self._end.set_exception(ApiError(self._request, 500, 0, str(error)))
            return
        self._under_way -= 1
        if not self._under_way:
            self._end.set_result(None)

    def _step(self, walk: Walk, answer: Answer) -> int | None:
        """Take an answer in; return from which sequence to ask on, None at the walk's end."""
        message = self._message(answer)
        if message is None or message.sequence > walk.last:
            return None
        walk.messages.append(message)
        if message.sequence == walk.last:
            return None
        if len(walk.messages) == self._most:
            walk.whole = False
            return None
        return message.sequence + 1

    def _message(self, answer: Answer) -> StoredMessage | None:
        if answer.is_from_nobody:
            raise NoJetStreamError(f"{self._request}: nobody answers, is JetStream on?")
        found = from_json(answer.data)
        if not isinstance(found, dict) or "message" not in found:
            try:
                decoded(self._request, answer.data)
            except ApiError as error:
                if error.err_code == MESSAGE_NOT_FOUND:
                    return None
                raise
            raise ApiError(self._request, 500, 0, "an answer without a message")
        return stored_message(found["message"])
