"""What is asked about a dead letter most, read from its bytes without the models: for scans.

What it tells is what `DeadLetter` tells, at a fraction of the cost: a body of which that is not
certain at once is read by `DeadLetter` itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from worker.model import wire_json
from worker.model.dead_letter import REASONS, DeadLetter, read_dead_letter, unreadable
from worker.model.task import MAX_INT, OTHER_SPELLINGS, Task


class LetterFields(NamedTuple):
    """A dead letter in brief; texts are empty where nothing is said.

    `value` is the whole letter as JSON values, None where the body cannot be read as a letter;
    `error` then says why.
    """

    value: Mapping[str, Any] | None
    task_id: str
    tenant_id: str
    task_type: str
    module_id: str
    payload: Mapping[str, Any] | None
    error: str
    error_type: str
    reason: str
    worker_id: str
    attempts: int
    replays: int
    dlq_timestamp: str


def read_fields(body: bytes) -> LetterFields:
    """Return the fields of the dead letter in `body`."""
    value = _certain(body)
    if value is None:
        return _strictly(body)
    task, get = value["task"], value.get
    ask = task.get
    return LetterFields(
        value,
        ask("task_id", ""),
        ask("tenant_id", ""),
        ask("task_type", ""),
        ask("module_id", ""),
        ask("payload"),
        get("error", ""),
        get("error_type") or "",
        get("reason") or "",
        get("worker_id", ""),
        get("final_attempt", 0),
        get("replays", 0),
        get("dlq_timestamp", ""),
    )


def _strictly(body: bytes) -> LetterFields:
    letter, problem = read_dead_letter(body)
    if letter is None:
        empty = Task()
        return _of_models(None, empty, DeadLetter(error=unreadable(problem)))
    return _of_models(wire_json.loads(body), letter.task, letter)


def _of_models(value: Mapping[str, Any] | None, task: Task, letter: DeadLetter) -> LetterFields:
    return LetterFields(
        value,
        task.task_id,
        task.tenant_id,
        task.task_type,
        task.module_id,
        task.payload,
        letter.error,
        letter.error_type or "",
        letter.reason or "",
        letter.worker_id,
        letter.final_attempt,
        letter.replays,
        letter.dlq_timestamp,
    )


_NONE = type(None)
_LETTER_TYPES: Mapping[str, tuple[type, ...]] = {
    "error": (str,),
    "final_attempt": (int,),
    "dlq_timestamp": (str,),
    "worker_id": (str,),
    "reason": (str, _NONE),
    "error_type": (str, _NONE),
    "traceback": (str, _NONE),
    "first_failed_at": (str, _NONE),
    "source": (dict, _NONE),
    "replays": (int,),
    "raw": (str, _NONE),
    "task": (dict,),
}
_SOURCE_TYPES: Mapping[str, tuple[type, ...]] = {
    "stream": (str,),
    "sequence": (int,),
    "subject": (str,),
}
_TASK_TYPES: Mapping[str, tuple[type, ...]] = {
    "task_id": (str,),
    "tenant_id": (str,),
    "task_type": (str,),
    "module_id": (str,),
    "payload": (dict, _NONE),
    "attempt": (int,),
    "max_retries": (int, _NONE),
    "created_at": (str,),
}
_REASONS: frozenset[str | None] = frozenset((*REASONS, None))


def _certain(body: bytes) -> dict[str, Any] | None:
    """Return the letter's JSON where the strict models are certain to read the same, else None."""
    try:
        value = wire_json.loads(body)
    except wire_json.InvalidJsonError:
        return None
    if type(value) is not dict:
        return None
    task = value.get("task")
    if type(task) is not dict or not _typed(value, _LETTER_TYPES) or not _typed(task, _TASK_TYPES):
        return None
    if not OTHER_SPELLINGS.isdisjoint(task):
        return None
    source = value.get("source")
    if source is not None and not _typed(source, _SOURCE_TYPES):
        return None
    in_range = (
        abs(task.get("attempt", 0)) <= MAX_INT and abs(task.get("max_retries") or 0) <= MAX_INT
    )
    return value if in_range and value.get("reason") in _REASONS else None


def _typed(value: Mapping[str, Any], types: Mapping[str, tuple[type, ...]]) -> bool:
    for name, content in value.items():
        allowed = types.get(name)
        if allowed is not None and type(content) not in allowed:
            return False
    return True
