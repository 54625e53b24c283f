"""What someone began to do with many dead letters at once, so that whoever comes next finishes it.

A purge into the archive, or the return of letters from there, touches several streams, and may be
killed between any two of them. So it is written down first: one record in the archive's stream,
rewritten from step to step, each time on condition that nobody else rewrote it. Whoever replays,
purges or brings back letters looks at it first, and finishes what stands there; that two finish the
same at once does no harm. While it stands, nobody takes the letters that it names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

from worker.jetstream.api import Api
from worker.jetstream.errors import (
    STREAM_NOT_FOUND,
    WRONG_LAST_SEQUENCE,
    ApiError,
    JetStreamError,
)
from worker.jetstream.messages import StoredMessage, last_message
from worker.model import wire_json
from worker.model.names import QueueNames
from worker.model.sequences import InvalidSequencesError, compact, expand

MOST_LETTERS = 5000
"""Letters of one intention: so many are held back from others for the second that it takes."""

IntentionStep = Literal["idle", "announced", "decided"]
IntentionKind = Literal["purge", "return"]

_TOKEN = "intention"


class UnreadableIntentionError(JetStreamError):
    """Somebody began something with the dead letters that this version cannot read."""


@dataclass(frozen=True, slots=True)
class Intention:
    """What is to be done with which letters, and how far it is.

    `sequences` are of the life `generation` of the letters' stream: of a purge the letters that
    lie there, of a return those that the archive has copies of. A purge is `decided` once it is
    known which letters nobody replays. A run may be done in parts, one after the other. For a
    return, `of` is the run that made the copies, and `since` a sequence of the letters' stream in
    its life `home`: all that comes back lies above it.
    """

    kind: IntentionKind
    step: IntentionStep
    generation: str
    sequences: tuple[int, ...]
    by: str
    run: str
    part: int = 0
    why: str = ""
    of: str = ""
    home: str = ""
    since: int = 0

    def is_part_of(self, other: Intention) -> bool:
        """Return whether both are steps of the same part of the same run."""
        return (self.run, self.part, self.kind) == (other.run, other.part, other.kind)


@dataclass(frozen=True, slots=True)
class Standing:
    """The record as it lies there: `version` 0 where there is none yet."""

    version: int
    intention: Intention | None
    since: datetime | None = None

    def concerns(self, generation: str, sequences: frozenset[int]) -> bool:
        """Return whether some of these letters are being purged."""
        doing = self.intention
        return (
            doing is not None
            and doing.kind == "purge"
            and doing.generation == generation
            and not sequences.isdisjoint(doing.sequences)
        )


class Intentions:
    """The one record of a queue's intentions."""

    def __init__(self, api: Api, names: QueueNames) -> None:
        self._api = api
        self._stream = names.archive_stream
        self._subject = names.archive(_TOKEN)

    async def standing(self) -> Standing:
        """Return what stands there now.

        Raises:
            UnreadableIntentionError: something does that cannot be read.
        """
        try:
            message = await last_message(self._api, self._stream, self._subject)
        except ApiError as error:
            if error.err_code == STREAM_NOT_FOUND:
                return Standing(0, None)
            raise
        if message is None:
            return Standing(0, None)
        intention = _read(message)
        if intention.step == "idle":
            return Standing(message.sequence, None)
        return Standing(message.sequence, intention, message.stored_at)

    async def write(self, intention: Intention, over: Standing) -> Standing | None:
        """Write an intention over what stands there; None if it is not that any more."""
        try:
            ack = await self._api.publish(
                self._subject, _body(intention), expected_last_subject_sequence=over.version
            )
        except ApiError as error:
            if error.err_code != WRONG_LAST_SEQUENCE:
                raise
            # Perhaps it is ours: stored, and the answer lost.
            now = await self.standing()
            return now if now.intention == intention else None
        return Standing(ack.sequence, None if intention.step == "idle" else intention)

    async def clear(self, over: Standing) -> None:
        """Say that an intention is carried out, unless someone else has."""
        if over.intention is not None:
            await self.write(replace(over.intention, step="idle", sequences=()), over)


def _body(intention: Intention) -> bytes:
    said = {name: getattr(intention, name) for name in _TEXTS}
    return json.dumps(
        {
            **said,
            "part": intention.part,
            "since": intention.since,
            "sequences": compact(intention.sequences),
        }
    ).encode()


_TEXTS = ("kind", "step", "generation", "by", "run", "why", "of", "home")


def _read(message: StoredMessage) -> Intention:
    try:
        said = wire_json.loads(message.body)
        if not isinstance(said, dict):
            raise UnreadableIntentionError(f"{message.subject}: not an object")
        return _decode(said)
    except (wire_json.InvalidJsonError, InvalidSequencesError, KeyError, ValueError) as error:
        raise UnreadableIntentionError(
            f"{message.subject} in the archive cannot be read ({error}): a newer version of this "
            "program may have written it; finish there what was begun"
        ) from error


def _decode(said: dict[str, Any]) -> Intention:
    if said["step"] not in get_args(IntentionStep) or said["kind"] not in get_args(IntentionKind):
        raise UnreadableIntentionError(f"an intention to {said['kind']!r} is unknown here")
    return Intention(
        kind=said["kind"],
        step=said["step"],
        generation=str(said["generation"]),
        sequences=tuple(expand(str(said["sequences"]), MOST_LETTERS)),
        by=str(said["by"]),
        run=str(said["run"]),
        part=int(said["part"]),
        why=str(said["why"]),
        of=str(said["of"]),
        home=str(said["home"]),
        since=int(said["since"]),
    )
