"""The dead letter on `provisioning.dlq`: the Go fleet's five keys, and more beside them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field

from worker.model import wire_json
from worker.model.clock import parse_rfc3339
from worker.model.raw_object import RawObject
from worker.model.replay import replay_count
from worker.model.task import InvalidTaskError, Task, parse_task, wire_fields

Reason = Literal["attempts_exhausted", "permanent", "invalid", "stuck"]
REASONS: tuple[Reason, ...] = get_args(Reason)
MAX_TRACEBACK = 8 * 1024
"""Bytes of a traceback that a dead letter carries."""
LONGEST_NAME = 256
"""Characters of an id that a letter keeps whose message lies outside."""


class InvalidDeadLetterError(ValueError):
    """The bytes cannot be read as a dead letter; the text says why."""


class Source(BaseModel):
    """Where the message lay before it died."""

    model_config = ConfigDict(frozen=True, extra="allow")

    stream: str = ""
    sequence: int = 0
    subject: str = ""


class DeadLetter(BaseModel):
    """What a worker writes of a task that will not be tried again.

    `final_attempt` is the delivery count at death. The five keys of the Go fleet come first;
    a letter of theirs leaves the others at their defaults. Times are the wire's RFC 3339 texts.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    task: Task = Field(default_factory=Task)
    error: str = ""
    final_attempt: int = 0
    dlq_timestamp: str = ""
    worker_id: str = ""
    reason: Reason | None = None
    error_type: str | None = None
    traceback: str | None = None
    first_failed_at: str | None = None
    source: Source | None = None
    replays: int = 0
    raw: str | None = None
    raw_object: RawObject | None = None

    @classmethod
    def from_wire(cls, data: bytes) -> Self:
        """Return the dead letter in a message's bytes.

        Raises:
            InvalidDeadLetterError: not JSON, not an object with a `task`, or a wrong type.
        """
        try:
            value = wire_json.loads(data)
            if not isinstance(value, Mapping) or "task" not in value:
                raise InvalidDeadLetterError("not an object with a task")
            task = Task.from_wire(value["task"])
            return cls.model_validate({**value, "task": task})
        except InvalidDeadLetterError:
            raise
        except (wire_json.InvalidJsonError, InvalidTaskError, ValueError) as error:
            raise InvalidDeadLetterError(str(error).splitlines()[0]) from error

    def to_wire(self) -> bytes:
        """Return the letter's bytes; keys beyond the Go fleet's five only where they are set."""
        value = self.model_dump(exclude={"task"}, exclude_none=True)
        return wire_json.dumps({"task": self.task.to_wire()} | value)

    def outside(self, where: RawObject) -> Self:
        """Return the letter with what names its task, and the message itself in the object store.

        `task` keeps who it is, cut where that is long; its payload and all other keys go.
        """
        task = self.task
        head = Task(
            task_id=task.task_id[:LONGEST_NAME],
            tenant_id=task.tenant_id[:LONGEST_NAME],
            task_type=task.task_type[:LONGEST_NAME],
            module_id=task.module_id[:LONGEST_NAME],
            attempt=task.attempt,
            max_retries=task.max_retries,
            created_at=task.created_at[:LONGEST_NAME],
        )
        return self.model_copy(update={"task": head, "raw": None, "raw_object": where})

    def whole(self, data: bytes) -> Self:
        """Return the letter with the message, for reading and replay.

        Never to be published: it is too large.
        """
        task = salvaged(data).with_attempt(self.task.attempt)
        return self.model_copy(update={"task": task, "raw": encode_raw(data)})

    def raw_bytes(self) -> bytes | None:
        """Return the message as it came, where it could not be read as a task; else None."""
        return None if self.raw is None else decode_raw(self.raw)

    def replay_body(self) -> bytes:
        """Return what a replay puts back on the tasks subject: the task, its attempts new.

        A message that was never a task goes back byte for byte.
        """
        return replay_body(dict(self.task), self.raw)


@dataclass(frozen=True, slots=True)
class StoredDeadLetter:
    """A dead letter as it lies in a stream.

    `letter` is None where the body cannot be read as one; `problem` then says why, and `body` has
    the bytes. With a letter, `problem` says why its message cannot be had from the object store.
    `expires_at` is None where the stream keeps letters for ever.
    """

    sequence: int
    stored_at: datetime
    subject: str
    headers: Mapping[str, str]
    body: bytes
    letter: DeadLetter | None
    problem: str = ""
    expires_at: datetime | None = None

    @property
    def died_at(self) -> datetime:
        """When the worker gave the task up, or when the letter was stored if it does not say."""
        said = parse_rfc3339(self.letter.dlq_timestamp) if self.letter else None
        return said or self.stored_at

    def replay_body(self) -> bytes | None:
        """Return what a replay sends, None where the letter cannot be read."""
        return self.letter.replay_body() if self.letter else None

    @property
    def task(self) -> Task:
        """The task, empty where it cannot be read."""
        return self.letter.task if self.letter else Task()

    @property
    def error(self) -> str:
        """Why the task died, or why the letter cannot be read."""
        return self.letter.error if self.letter else unreadable(self.problem)

    @property
    def error_type(self) -> str:
        """The error's class, empty where nobody said."""
        return (self.letter.error_type if self.letter else None) or ""

    @property
    def reason(self) -> str:
        """Why the task was given up, one of `REASONS`, empty where nobody said."""
        return (self.letter.reason if self.letter else None) or ""

    @property
    def worker_id(self) -> str:
        """The worker that gave the task up."""
        return self.letter.worker_id if self.letter else ""

    @property
    def attempts(self) -> int:
        """How many deliveries the task had."""
        return self.letter.final_attempt if self.letter else 0

    @property
    def replays(self) -> int:
        """How often the task was replayed before, as letter and headers say."""
        said = self.letter.replays if self.letter else 0
        return max(said, replay_count(self.headers))

    @property
    def task_id(self) -> str:
        """The task's id."""
        return self.task.task_id

    @property
    def tenant_id(self) -> str:
        """The tenant's id."""
        return self.task.tenant_id

    @property
    def task_type(self) -> str:
        """The task's type."""
        return self.task.task_type

    @property
    def module_id(self) -> str:
        """The module's id."""
        return self.task.module_id

    @property
    def payload(self) -> Mapping[str, Any] | None:
        """What the task carries."""
        return self.task.payload

    @property
    def value(self) -> Mapping[str, Any] | None:
        """The whole letter as JSON values, None where it cannot be read as one."""
        if self.letter is None:
            return None
        value: dict[str, Any] = wire_json.loads(self.body)
        return value


def replay_body(task: Mapping[str, Any], raw: str | None) -> bytes:
    """Return what a replay sends for a letter with these fields of its task, and with this `raw`.

    See `DeadLetter.replay_body`.
    """
    message = None if raw is None else decode_raw(raw)
    if message is not None:
        return message
    return wire_json.dumps_read(wire_fields(task) | {"attempt": 1})


def read_dead_letter(body: bytes) -> tuple[DeadLetter | None, str]:
    """Return the letter in `body` and an empty string, or None and why it cannot be read."""
    try:
        return DeadLetter.from_wire(body), ""
    except InvalidDeadLetterError as error:
        return None, str(error)


def salvaged(message: bytes) -> Task:
    """Return the task in a message's bytes, what can be read of one where it is none."""
    try:
        return parse_task(message)
    except InvalidTaskError:
        pass
    try:
        return Task.salvage(wire_json.loads(message))
    except wire_json.InvalidJsonError:
        return Task()


def decode_raw(raw: str) -> bytes | None:
    """Return the message bytes that a letter's `raw` carries, None where it carries none."""
    try:
        return base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError):
        return None


def unreadable(problem: str) -> str:
    """Return the error of a letter that cannot be read, because of `problem`."""
    return f"not a dead letter: {problem}"


def encode_raw(data: bytes) -> str:
    """Return message bytes as the letter's `raw` carries them."""
    return base64.b64encode(data).decode("ascii")
