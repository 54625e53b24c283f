"""Claims: who is replaying which dead letter, kept on the server so that nobody else does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from worker.jetstream.api import Api
from worker.jetstream.errors import WRONG_LAST, ApiError
from worker.jetstream.messages import (
    IN_FLIGHT,
    StoredMessage,
    delete_message,
    last_message,
    purge_subject,
    stored_time,
)
from worker.jetstream.replays.fences import Fences, is_fence
from worker.jetstream.topology.layout import Layout
from worker.model import wire_json
from worker.model.clock import format_rfc3339

Step = Callable[[str], Awaitable[None]]
"""What is awaited between every two steps of a replay, with the name of the step just done."""

ClaimStep = Literal["claimed", "published", "unreadable"]
_BULK = 64
"""From so many claims on it pays to ask what there is, and to remove all at once."""


async def no_step(_name: str) -> None:
    """Do nothing between two steps: what a replay is given outside of tests."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A dead letter that someone replays.

    `sequence` is the letter's, 0 where its stream's life is over.
    `claimed`: the task may have been sent; `published`: it was stored. `since` is when the first
    to claim the letter did, by the server's clock, and `server` the server's id then; whoever
    takes a claim over keeps both.
    """

    key: str
    sequence: int
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
    and task are stored together (`fenced`), a fence sees to it: see `replays_fences`.
    """

    def __init__(self, api: Api, stream: str, layout: Layout, step: Step = no_step) -> None:
        self._api = api
        self._stream = stream
        self._names = layout.names
        self._generation = layout.dlq_generation
        self._fenced = stream == layout.work_queue.name
        self.step = step
        self.fences = Fences(api, stream, layout.names)

    @property
    def fenced(self) -> bool:
        """Whether claims and tasks are stored together, behind a fence."""
        return self._fenced

    def key(self, sequence: int) -> str:
        """Return the token that names the replay of a dead letter."""
        return f"{self._generation}-{sequence}"

    def subject(self, sequence: int) -> str:
        """Return the subject of a dead letter's claim."""
        return self._names.replay_claim(self._generation, sequence)

    def sequence_of(self, key: str) -> int | None:
        """Return the letter a claim is for, None where its stream's life is over."""
        generation, _, sequence = key.rpartition("-")
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
            if error.err_code in WRONG_LAST:
                return None
            raise
        return ack.sequence

    async def find(self, sequence: int) -> Claim | None:
        """Return the claim on a letter."""
        message = await last_message(self._api, self._stream, self.subject(sequence))
        return None if message is None else self._read(message)

    async def keys(self) -> list[str]:
        """Return the keys of all claims there are, of other lives of the stream too."""
        found: list[str] = []
        while True:
            subjects, total, _ = await self._subjects(len(found))
            found += subjects
            if not subjects or len(found) >= total:
                return sorted({_key(subject) for subject in found if not is_fence(subject)})

    async def withdraw(self, claim: Claim) -> None:
        """Take back a claim under which nothing was sent, unless someone took it over."""
        await delete_message(self._api, self._stream, claim.version)

    async def remove(self, keys: Sequence[str]) -> None:
        """Remove the claims on letters that are gone; the fences go first."""
        if self._fenced:
            await self.fences.drop()
            await self.step("fence dropped")
            if len(keys) >= _BULK and await self._remove_at_once(keys):
                await self.step("claims removed")
                return
        base = self._names.replays.removesuffix("*")
        for start in range(0, len(keys), IN_FLIGHT):
            few = keys[start : start + IN_FLIGHT]
            await asyncio.gather(*(self._remove(base + key) for key in few))

    async def _remove_at_once(self, keys: Sequence[str]) -> bool:
        """Remove every claim up to the last one there is, if all of them are among `keys`.

        Claims that others make meanwhile lie above that one, and stay.
        """
        subjects, total, last = await self._subjects()
        may_go = frozenset(keys)
        if len(subjects) < total or not all(is_fence(s) or _key(s) in may_go for s in subjects):
            return False
        await purge_subject(self._api, self._stream, self._names.replays, below=last + 1)
        return True

    async def _subjects(self, offset: int = 0) -> tuple[list[str], int, int]:
        """Return subjects of claims, how many there are, and the stream's last sequence before."""
        body = {"subjects_filter": self._names.replays, "offset": offset}
        answer = await self._api.request(f"STREAM.INFO.{self._stream}", body)
        subjects = list(answer["state"].get("subjects") or ())
        return subjects, int(answer.get("total", len(subjects))), int(answer["state"]["last_seq"])

    async def _remove(self, subject: str) -> None:
        await purge_subject(self._api, self._stream, subject)
        await self.step("claim removed")

    def _read(self, message: StoredMessage) -> Claim:
        said = _object(message.body)
        step: ClaimStep = "unreadable"
        if said.get("step") == "published":
            step = "published"
        elif said.get("step") == "claimed":
            step = "claimed"
        since = said.get("since", "")
        return Claim(
            key=_key(message.subject),
            sequence=self.sequence_of(_key(message.subject)) or 0,
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


def _key(subject: str) -> str:
    return subject.rpartition(".")[2]


def _object(body: bytes) -> dict[str, str]:
    try:
        said = wire_json.loads(body)
    except wire_json.InvalidJsonError:
        return {}
    if not isinstance(said, dict):
        return {}
    return {key: value for key, value in said.items() if isinstance(value, str)}
