"""What happened to tasks, whoever told: one kind of value for screens and scripts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

from farutech_console.operations.model import TaskEvent
from worker.model.clock import format_rfc3339
from worker.model.event import Event

StepSource = Literal["worker", "overheard", "stored"]

STEP_KEYS: Mapping[str, str] = {
    "at": "when it happened, RFC 3339 in UTC",
    "event": "what: published, received, started, held, progress, in_progress, succeeded, "
    "retrying, dead_lettered, terminated, exhausted, duplicate_skipped, breaker; in a task's story "
    "also replayed, edited and purged",
    "source": "`worker` said so, it was `overheard` on the wire, or is read from what is `stored`",
    "task_id": "empty where the wire did not say",
    "tenant_id": "likewise",
    "task_type": "likewise",
    "attempt": "the delivery count, 0 where not known",
    "stream_sequence": "the task's sequence in the work queue, 0 where not known",
    "worker_id": "who did it, empty where not known",
    "delay": "seconds until it is tried again, or until a breaker's next probe; else null",
    "seconds": "how long the handler ran, or a received task had waited; else null",
    "progress": "from 0 to 1, or null",
    "detail": "the error, the reason or the message, for people",
}


class StepFilterError(ValueError):
    """The words are not a filter for events; the text says why."""


@dataclass(frozen=True, slots=True)
class TaskStep:
    """One thing that happened; fields as in `STEP_KEYS`, `at` a time. `id` is the event's."""

    at: datetime
    kind: str
    source: StepSource
    task_id: str = ""
    tenant_id: str = ""
    task_type: str = ""
    attempt: int = 0
    sequence: int = 0
    worker_id: str = ""
    delay: float | None = None
    seconds: float | None = None
    progress: float | None = None
    detail: str = ""
    id: str = ""


def of_event(event: Event) -> TaskStep:
    """Return what a worker said."""
    detail = event.error or event.message or event.reason or event.state
    return TaskStep(
        at=event.at,
        kind=event.kind,
        source="worker",
        task_id=event.task_id,
        tenant_id=event.tenant_id,
        task_type=event.task_type,
        attempt=event.attempt,
        sequence=event.stream_sequence,
        worker_id=event.worker_id,
        delay=event.delay,
        seconds=event.seconds,
        progress=event.progress,
        detail=detail,
        id=event.id,
    )


def of_overheard(event: TaskEvent) -> TaskStep:
    """Return what was heard on the wire."""
    return TaskStep(
        at=event.at,
        kind=event.kind,
        source="overheard",
        task_id=event.task_id,
        tenant_id=event.tenant_id,
        task_type=event.task_type,
        attempt=event.attempt,
        sequence=event.sequence,
        delay=event.delay,
        detail=event.detail,
    )


def step_record(step: TaskStep) -> dict[str, Any]:
    """Return a step with the keys of `STEP_KEYS`."""
    return {
        "at": format_rfc3339(step.at),
        "event": step.kind,
        "source": step.source,
        "task_id": step.task_id,
        "tenant_id": step.tenant_id,
        "task_type": step.task_type,
        "attempt": step.attempt,
        "stream_sequence": step.sequence,
        "worker_id": step.worker_id,
        "delay": step.delay,
        "seconds": step.seconds,
        "progress": step.progress,
        "detail": step.detail,
    }


_TESTS: Mapping[str, Callable[[TaskStep], str]] = {
    "event": lambda step: step.kind,
    "task": lambda step: step.task_id,
    "tenant": lambda step: step.tenant_id,
    "type": lambda step: step.task_type,
    "worker": lambda step: step.worker_id,
    "attempt": lambda step: str(step.attempt),
    "seq": lambda step: str(step.sequence),
    "error": lambda step: step.detail,
}


def step_filter(words: Iterable[str]) -> Callable[[TaskStep], bool]:
    """Return a test that a step passes where it is like all of the words.

    `tenant:acme-*` compares the whole text, `*` for anything; `error:` looks for a part; `!` before
    a word turns it around; a word without a key is looked for everywhere. Case does not matter.

    Raises:
        StepFilterError: a key that is not known.
    """
    tests = [_test(word) for word in words if word]
    return lambda step: all(test(step) for test in tests)


def _test(word: str) -> Callable[[TaskStep], bool]:
    bare = word.removeprefix("!")
    wanted = bare == word
    key, colon, value = bare.partition(":")
    if not colon:
        needle = bare.casefold()
        return lambda step: (needle in _everything(step)) == wanted
    read = _TESTS.get(key)
    if read is None:
        known = ", ".join(_TESTS)
        raise StepFilterError(f"there is no {key!r} to filter events by, but: {known}")
    pattern = value.casefold()
    if key == "error":
        pattern = f"*{pattern}*"
    pattern = pattern.replace("[", "[[]")
    return lambda step: fnmatchcase(read(step).casefold(), pattern) == wanted


def _everything(step: TaskStep) -> str:
    return "\n".join(read(step) for read in _TESTS.values()).casefold()
