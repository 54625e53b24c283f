"""The task on `provisioning.tasks`: read in three spellings, written in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError
from pydantic.alias_generators import to_camel, to_pascal

from worker.model import wire_json
from worker.model.clock import ZERO_TIME
from worker.model.invalid import first_problem

MAX_INT = 2**31 - 1
LONGEST_NUMBER = 20
"""Characters of a number that is not what it should be which the refusal shows."""


class InvalidTaskError(ValueError):
    """The bytes cannot be read as a task; the text says why, in words for an operator."""


class Task(BaseModel):
    """One provisioning task. Unknown keys are kept and written back as they came.

    `attempt` is what the message says; the true attempt is the server's delivery count.
    `created_at` stays the text that came, up to nanoseconds, so that nothing is rounded away.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    task_id: StrictStr = ""
    tenant_id: StrictStr = ""
    task_type: StrictStr = ""
    module_id: StrictStr = ""
    payload: dict[str, Any] | None = None
    attempt: StrictInt = Field(default=1, ge=-MAX_INT, le=MAX_INT)
    max_retries: StrictInt | None = Field(default=None, ge=-MAX_INT, le=MAX_INT)
    created_at: StrictStr = ZERO_TIME

    @classmethod
    def from_wire(cls, value: Any) -> Self:  # noqa: ANN401 - whatever JSON held
        """Return the task in a decoded JSON value, in snake, camel or Pascal case.

        Raises:
            InvalidTaskError: not an object, a key in two spellings, or a value of a wrong type.
        """
        if not isinstance(value, dict):
            raise InvalidTaskError(f"a task is a JSON object, this is {_kind(value)}")
        try:
            return cls.model_validate(
                value if OTHER_SPELLINGS.isdisjoint(value) else _snake_keys(value)
            )
        except ValidationError as error:
            raise InvalidTaskError(_in_words(error)) from error

    @classmethod
    def salvage(cls, value: Any) -> Self:  # noqa: ANN401 - whatever JSON held
        """Return what can be read of a broken task, empty where nothing can; never raises."""
        if not isinstance(value, Mapping):
            return cls()
        readable: dict[str, str] = {}
        for key, content in value.items():
            name = _SPELLINGS.get(key)
            if (
                name is not None
                and name in _TEXT_FIELDS
                and isinstance(content, str)
                and _is_unicode(content)
            ):
                readable.setdefault(name, content)
        return cls.model_validate(readable)

    def to_wire(self) -> dict[str, Any]:
        """Return the task as a JSON object in snake case, unknown keys after the known ones."""
        return wire_fields(dict(self))

    def with_attempt(self, attempt: int) -> Self:
        """Return the same task with another `attempt`."""
        return self.model_copy(update={"attempt": attempt})


def parse_task(data: bytes) -> Task:
    """Return the task in a message's bytes, fit to be run.

    Raises:
        InvalidTaskError: not a task, or one without the `task_id` and `task_type` to run it by.
    """
    task = _read_at_once(data) or _read_closely(data)
    if not (task.task_id and task.task_type):
        missing = "task_type" if task.task_id else "task_id"
        raise InvalidTaskError(f"{missing} is missing or empty")
    return task


def _read_at_once(data: bytes) -> Task | None:
    """Return a task written as Go writes it, in half the time; None where that cannot be told."""
    if not wire_json.is_modest(data):
        return None
    try:
        task: Task = _validate_json(data)
        # Its fields alone: where there is a key beside them, this is not what came.
        return task if wire_json.comes_out_as(data, task.__dict__) else None
    except ValueError:
        return None


def _read_closely(data: bytes) -> Task:
    try:
        return Task.from_wire(wire_json.loads(data))
    except wire_json.InvalidJsonError as error:
        raise InvalidTaskError(str(error)) from error


def wire_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object of a task of which these fields are known, in the order it has."""
    known = {**_DEFAULTS, **fields}
    if known["max_retries"] is None:
        del known["max_retries"]
    return known


def encode_task(task: Task) -> bytes:
    """Return the task's bytes as every worker of the fleet reads them."""
    return wire_json.dumps(task.to_wire())


_DEFAULTS: dict[str, Any] = {name: field.default for name, field in Task.model_fields.items()}
_TEXT_FIELDS = frozenset({"task_id", "tenant_id", "task_type", "module_id", "created_at"})
_SPELLINGS = {
    spelling: name
    for name in Task.model_fields
    for spelling in (name, to_camel(name), to_pascal(name))
}
# `model_validate_json` without its looks at options, which cost as much again.
_validate_json = Task.__pydantic_validator__.validate_json
OTHER_SPELLINGS = _SPELLINGS.keys() - Task.model_fields.keys()
"""The keys of a task in camel and Pascal case."""


def _snake_keys(value: Mapping[str, Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for key, content in value.items():
        name = _SPELLINGS.get(key, key)
        if name in named:
            raise InvalidTaskError(f"{name} is given in two spellings")
        named[name] = content
    return named


def _in_words(error: ValidationError) -> str:
    found = error.errors(include_url=False)[0]["input"]
    return f"{first_problem(error)}, this is {_kind(found)}"


def _kind(value: Any) -> str:  # noqa: ANN401 - whatever JSON held
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    if value is None:
        return "null"
    if (name := names.get(type(value))) is not None:
        return name
    shown = str(value)
    return f"the number {shown}" if len(shown) <= LONGEST_NUMBER else "a number"


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
