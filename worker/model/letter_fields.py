"""What is asked about a dead letter most, read from its bytes without the models: for scans.

What it tells is what `DeadLetter` tells, at a fraction of the cost: a body of which that is not
certain at once is read by `DeadLetter` itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from worker.model import wire_json
from worker.model.dead_letter import REASONS, read_dead_letter, unreadable
from worker.model.task import MAX_INT, OTHER_SPELLINGS


class LetterFields(NamedTuple):
    """A dead letter as JSON values, by the names of `DeadLetter` and `Task`.

    What is not there has its default. `value` is the whole letter, None where the body cannot be
    read as one; `letter` then holds an error that says why.
    """

    letter: Mapping[str, Any]
    task: Mapping[str, Any]
    value: Mapping[str, Any] | None


def read_fields(body: bytes) -> LetterFields:
    """Return the fields of the dead letter in `body`."""
    value = _certain(body)
    if value is None:
        return _strictly(body)
    return LetterFields(value, value["task"], value)


def _strictly(body: bytes) -> LetterFields:
    letter, problem = read_dead_letter(body)
    if letter is None:
        return LetterFields({"error": unreadable(problem)}, {}, None)
    return LetterFields(dict(letter), dict(letter.task), wire_json.loads(body))


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
    "raw_object": (_NONE,),
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
    **dict.fromkeys(OTHER_SPELLINGS, ()),
}
_REASONS: frozenset[str | None] = frozenset((*REASONS, None))


class _Shapes:
    """Which objects have values of the right types: those of one writer are all alike."""

    def __init__(self, types: Mapping[str, tuple[type, ...]]) -> None:
        self._types = types
        self._known: set[tuple[object, ...]] = set()

    def fits(self, value: Mapping[str, Any]) -> bool:
        """Return whether each known key has a value of a type that the models take as it is."""
        shape = (*value, *map(type, value.values()))
        if shape in self._known:
            return True
        for name, content in value.items():
            allowed = self._types.get(name)
            if allowed is not None and type(content) not in allowed:
                return False
        if len(self._known) < _MOST_SHAPES:
            self._known.add(shape)
        return True


_MOST_SHAPES = 1000
_LETTERS = _Shapes(_LETTER_TYPES)
_TASKS = _Shapes(_TASK_TYPES)
_SOURCES = _Shapes(_SOURCE_TYPES)


def _certain(body: bytes) -> dict[str, Any] | None:
    """Return the letter's JSON where the strict models are certain to read the same, else None."""
    try:
        value = wire_json.loads(body)
    except wire_json.InvalidJsonError:
        return None
    if type(value) is not dict or "task" not in value or not _LETTERS.fits(value):
        return None
    task, source = value["task"], value.get("source")
    if not _TASKS.fits(task) or (source is not None and not _SOURCES.fits(source)):
        return None
    if not -MAX_INT <= task.get("attempt", 0) <= MAX_INT:
        return None
    if not -MAX_INT <= (task.get("max_retries") or 0) <= MAX_INT:
        return None
    return value if value.get("reason") in _REASONS else None
