"""Claims: who is replaying which dead letter, kept on the server so that nobody else does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from worker.jetstream.api import Api
from worker.jetstream.errors import WRONG_LAST_SEQUENCE, ApiError
from worker.jetstream.messages import (
    IN_FLIGHT,
    StoredMessage,
    delete_message,
    last_message,
    next_message,
    purge_subject,
    stored_time,
)
from worker.jetstream.topology import Layout
from worker.model import wire_json
from worker.model.clock import format_rfc3339

Step = Callable[[str], Awaitable[None]]
"""What is awaited between every two steps of a replay, with the name of the step just done."""

ClaimStep = Literal["claimed", "published", "unreadable"]
FENCE = "fence"


async def no_step(_name: str) -> None:
    """Do nothing between two steps: what a replay is given outside of tests."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A dead letter that someone replays.

    `claimed`: the task may have been sent; `published`: it was stored. `since` is when the first
    to claim the letter did, by the server's clock, and `server` the server's id then; whoever
    takes a claim over keeps both.
    """

    key: str
    step: ClaimStep
    by: str
    run: str
    server: str
    since: datetime
    version: int

    @property
    def told(self) -> str:
        """Who replayed it and when, for an operator to read."""
        return f"replayed by {self.by} at {self.since:%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True, slots=True)
class Author:
    """Who replays: a person for the record, and one run of theirs."""

    by: str
    run: str


class Claims:
    """The claims of one queue's dead letters of one life of their stream.

    A claim lies under a subject of its own, so that the server refuses a second one. It may go only
    when its letter is gone for good: what was read before that must then not be sent. Where claim
    and task are stored together (`fenced`), a fence sees to it. It is one message; who replays
    learns its sequence, reads the letters, and has the server check that sequence as it stores the
    batch. Who removes claims deletes the fence first. Sequences are never used twice, so whatever
    was read before is refused and read anew.
    """

    def __init__(self, api: Api, stream: str, layout: Layout, step: Step = no_step) -> None:
        self._api = api
        self._stream = stream
        self._names = layout.names
        self._generation = layout.dlq_generation
        self._fenced = stream == layout.work_queue.name
        self._step = step
        self.fence_subject = layout.names.replays.replace("*", FENCE)

    def key(self, sequence: int) -> str:
        """Return the token that names the replay of a dead letter."""
        return f"{self._generation}-{sequence}"

    def subject(self, sequence: int) -> str:
        """Return the subject of a dead letter's claim."""
        return self._names.replay_claim(self._generation, sequence)

    def sequence_of(self, claim: Claim) -> int | None:
        """Return the letter a claim is for, None where its stream's life is over."""
        generation, _, sequence = claim.key.rpartition("-")
        if generation != self._generation or not (sequence.isascii() and sequence.isdigit()):
            return None
        return int(sequence)

    async def take(self, sequence: int, body: bytes, over: Claim | None = None) -> int | None:
        """Claim a letter, or rewrite the claim `over`; return its version, None if refused."""
        version = 0 if over is None else over.version
        try:
            ack = await self._api.publish(
                self.subject(sequence), body, expected_last_subject_sequence=version
            )
        except ApiError as error:
            if error.err_code == WRONG_LAST_SEQUENCE:
                return None
            raise
        return ack.sequence

    async def find(self, sequence: int) -> Claim | None:
        """Return the claim on a letter."""
        message = await last_message(self._api, self._stream, self.subject(sequence))
        return None if message is None else self._read(message)

    async def all(self) -> list[Claim]:
        """Return every claim there is, of other lives of the stream too."""
        found: dict[str, Claim] = {}
        sequence = 1
        subject = self._names.replays
        while message := await next_message(self._api, self._stream, subject, sequence):
            sequence = message.sequence + 1
            if message.subject != self.fence_subject:
                claim = self._read(message)
                found[claim.key] = claim
        return list(found.values())

    async def fence(self) -> int:
        """Return the sequence of the fence, made if there is none."""
        while True:
            message = await last_message(self._api, self._stream, self.fence_subject)
            if message is not None:
                return message.sequence
            try:
                ack = await self._api.publish(
                    self.fence_subject, b"", expected_last_subject_sequence=0
                )
            except ApiError as error:
                if error.err_code != WRONG_LAST_SEQUENCE:
                    raise
            else:
                return ack.sequence

    async def withdraw(self, claim: Claim) -> None:
        """Take back a claim under which nothing was sent, unless someone took it over."""
        await delete_message(self._api, self._stream, claim.version)

    async def drop_fence(self) -> None:
        """Refuse every batch whose letters were read before now."""
        message = await last_message(self._api, self._stream, self.fence_subject)
        if message is not None:
            await delete_message(self._api, self._stream, message.sequence)

    async def remove(self, keys: Sequence[str]) -> None:
        """Remove the claims on letters that are gone, and the fence with them."""
        if self._fenced:
            await self.drop_fence()
            await self._step("fence dropped")
        base = self._names.replays.removesuffix("*")
        for start in range(0, len(keys), IN_FLIGHT):
            few = keys[start : start + IN_FLIGHT]
            await asyncio.gather(*(self._remove(base + key) for key in few))

    async def _remove(self, subject: str) -> None:
        await purge_subject(self._api, self._stream, subject)
        await self._step("claim removed")

    def _read(self, message: StoredMessage) -> Claim:
        said = _object(message.body)
        step: ClaimStep = "unreadable"
        if said.get("step") == "published":
            step = "published"
        elif said.get("step") == "claimed":
            step = "claimed"
        since = said.get("since", "")
        return Claim(
            key=message.subject.rpartition(".")[2],
            step=step,
            by=said.get("by", "someone"),
            run=said.get("run", ""),
            server=said.get("server", ""),
            since=stored_time(since) if since else message.stored_at,
            version=message.sequence,
        )


def claim_body(
    step: ClaimStep, author: Author, server: str = "", since: datetime | None = None
) -> bytes:
    """Return what a claim says. Without `since` it began when the server stores it."""
    said = {"step": step, "by": author.by, "run": author.run}
    if server:
        said["server"] = server
    if since is not None:
        said["since"] = format_rfc3339(since)
    return json.dumps(said).encode()


def _object(body: bytes) -> dict[str, str]:
    try:
        said = wire_json.loads(body)
    except wire_json.InvalidJsonError:
        return {}
    if not isinstance(said, dict):
        return {}
    return {key: value for key, value in said.items() if isinstance(value, str)}
