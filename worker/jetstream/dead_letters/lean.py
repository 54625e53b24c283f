"""A dead letter that is read only as far as it is asked about: for scans of very many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from worker.jetstream.messages import StoredMessage
from worker.model.clock import parse_rfc3339
from worker.model.dead_letter import StoredDeadLetter, read_dead_letter, replay_body
from worker.model.letter_fields import LetterFields, read_fields
from worker.model.replay import replay_count


class LeanLetter:
    """Says of a dead letter what `StoredDeadLetter` says, at a fraction of the cost.

    `stored` gives that one. It never changes, and remembers what it was asked.
    """

    __slots__ = ("_died_at", "_fields", "_max_age", "body", "message", "sequence")

    def __init__(self, message: StoredMessage, max_age: timedelta | None) -> None:
        self.message = message
        self.sequence = message.sequence
        self.body = message.body
        self._max_age = max_age
        self._fields: LetterFields | None = None
        self._died_at: datetime | None = None

    def stored(self) -> StoredDeadLetter:
        """Return the letter as the strict models read it."""
        letter, problem = read_dead_letter(self.body)
        return StoredDeadLetter(
            sequence=self.sequence,
            stored_at=self.stored_at,
            subject=self.message.subject,
            headers=self.headers,
            body=self.body,
            letter=letter,
            problem=problem,
            expires_at=self.expires_at,
        )

    def replay_body(self) -> bytes | None:
        """Return what a replay sends, None where the letter cannot be read."""
        if self.value is None:
            return None
        return replay_body(self.fields.task, self.fields.letter.get("raw"))

    @property
    def has_raw_object(self) -> bool:
        """Whether its message lies outside, in the object store."""
        return self.fields.letter.get("raw_object") is not None

    @property
    def problem(self) -> str:
        """Why its message cannot be had: empty, for who reads a letter only this far."""
        return ""

    @property
    def fields(self) -> LetterFields:
        """What is asked most, read at the first question."""
        if self._fields is None:
            self._fields = read_fields(self.body)
        return self._fields

    @property
    def stored_at(self) -> datetime:
        """When the server stored it."""
        return self.message.stored_at

    @property
    def expires_at(self) -> datetime | None:
        """When the server drops it, None for never."""
        return self.stored_at + self._max_age if self._max_age else None

    @property
    def died_at(self) -> datetime:
        """When the worker gave the task up, or when the letter was stored if it does not say."""
        if self._died_at is None:
            self._died_at = (
                parse_rfc3339(self.fields.letter.get("dlq_timestamp", "")) or self.stored_at
            )
        return self._died_at

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that it was published with."""
        return self.message.headers

    @property
    def value(self) -> Mapping[str, Any] | None:
        """The whole letter as JSON values, None where it cannot be read as one."""
        return self.fields.value

    @property
    def task_id(self) -> str:
        """The task's id."""
        return str(self.fields.task.get("task_id", ""))

    @property
    def tenant_id(self) -> str:
        """The tenant's id."""
        return str(self.fields.task.get("tenant_id", ""))

    @property
    def task_type(self) -> str:
        """The task's type."""
        return str(self.fields.task.get("task_type", ""))

    @property
    def module_id(self) -> str:
        """The module's id."""
        return str(self.fields.task.get("module_id", ""))

    @property
    def payload(self) -> Mapping[str, Any] | None:
        """What the task carries."""
        payload: Mapping[str, Any] | None = self.fields.task.get("payload")
        return payload

    @property
    def error(self) -> str:
        """Why the task died, or why the letter cannot be read."""
        return str(self.fields.letter.get("error", ""))

    @property
    def error_type(self) -> str:
        """The error's class, empty where nobody said."""
        return self.fields.letter.get("error_type") or ""

    @property
    def reason(self) -> str:
        """Why the task was given up, empty where nobody said."""
        return self.fields.letter.get("reason") or ""

    @property
    def worker_id(self) -> str:
        """The worker that gave the task up."""
        return str(self.fields.letter.get("worker_id", ""))

    @property
    def attempts(self) -> int:
        """How many deliveries the task had."""
        return int(self.fields.letter.get("final_attempt", 0))

    @property
    def replays(self) -> int:
        """How often the task was replayed before, as letter and headers say."""
        return max(int(self.fields.letter.get("replays", 0)), replay_count(self.headers))
