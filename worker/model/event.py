"""Task events on `provisioning.events.<token>`: what each worker says of each step, as JSON.

They are written by `worker.model.event_encoding`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args
from urllib.parse import quote

EventKind = Literal[
    "received",
    "started",
    "held",
    "progress",
    "succeeded",
    "retrying",
    "dead_lettered",
    "duplicate_skipped",
    "breaker",
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)


LONGEST_NAME = 256
"""Characters that an event keeps of a task id, a tenant or a task type; hostile ones are longer."""
LONGEST_TEXT = 1000
"""Characters that an event keeps of an error or a message."""

_LONGEST_TOKEN = 200
_PLAIN_TOKEN = re.compile(r"[0-9A-Za-z_-]{1,200}")
# Percent-encoding never yields these: a token that begins so is no task id.
_HASHED = "~"
_BREAKER = "=breaker-"


class InvalidEventError(ValueError):
    """The bytes cannot be read as an event; the text says why."""


class TaskFacts(NamedTuple):
    """What all events of one delivery have in common. `attempt` is the delivery count."""

    task_id: str
    tenant_id: str
    task_type: str
    attempt: int
    stream_sequence: int
    worker_id: str


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a task, or a change of a circuit breaker (`kind` `breaker`), as a worker saw it.

    What the step does not have is empty, 0 or None. `delay` is in seconds: until the task is tried
    again, until a breaker's next probe; `seconds` is how long the handler ran, or how long a
    received task had waited for us; `progress` from 0 to 1; `state` is the breaker's.
    """

    at: datetime
    kind: EventKind
    id: str = ""
    worker_id: str = ""
    task_id: str = ""
    tenant_id: str = ""
    task_type: str = ""
    attempt: int = 0
    stream_sequence: int = 0
    delay: float | None = None
    seconds: float | None = None
    progress: float | None = None
    reason: str = ""
    error: str = ""
    message: str = ""
    state: str = ""


def read_events(data: bytes) -> list[Event]:
    """Return the events in a message, in the order in which they happened.

    Keys that are not known are passed over. What happened within some milliseconds comes in one
    message: the latest event, and under `before` what the earlier ones say that it does not, with
    `ago`, the seconds from each to the latest.

    Raises:
        InvalidEventError: not JSON, of a kind not known, or with a value of a wrong type.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidEventError(f"not JSON: {error}") from error
    try:
        latest = _event(value, {"at": _moment(value)})
        common = {name: getattr(latest, name) for name in TaskFacts._fields}
        earlier = [
            _event(said, common | {"id": f"{latest.id}.{number}", "at": _before(latest.at, said)})
            for number, said in enumerate(_earlier(value), 1)
        ]
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidEventError(str(error)) from error
    return [*earlier, latest]


def event_token(task_id: str) -> str:
    """Return the subject token that stands for a task id.

    Letters, digits, `_` and `-` stay, all else is percent-encoded; what would be empty or longer
    than 200 characters is `~` and a hash.
    """
    if _PLAIN_TOKEN.fullmatch(task_id):
        return task_id
    encoded = ""
    if len(task_id) <= _LONGEST_TOKEN:
        encoded = quote(task_id, safe="", errors="surrogatepass")
        encoded = encoded.replace(".", "%2E").replace("~", "%7E")
    if 0 < len(encoded) <= _LONGEST_TOKEN:
        return encoded
    digest = hashlib.blake2b(task_id.encode("utf-8", "surrogatepass"), digest_size=16)
    return _HASHED + digest.hexdigest()


def breaker_token(task_type: str) -> str:
    """Return the subject token of events about the circuit breaker of a task type."""
    return _BREAKER + event_token(task_type)


_LARGEST_AGO = 1e9
_FIELDS: Mapping[str, type] = {
    "id": str,
    "worker_id": str,
    "task_id": str,
    "tenant_id": str,
    "task_type": str,
    "attempt": int,
    "stream_sequence": int,
    "delay": float,
    "seconds": float,
    "progress": float,
    "reason": str,
    "error": str,
    "message": str,
    "state": str,
}


def _event(value: Any, common: Mapping[str, Any]) -> Event:  # noqa: ANN401 - whatever JSON held
    if not isinstance(value, dict) or value.get("event") not in EVENT_KINDS:
        raise ValueError("not an object with a known kind of event")
    return Event(kind=value["event"], **{**common, **_fields(value)})


def _earlier(value: Mapping[str, Any]) -> list[Any]:
    found = value.get("before") or []
    if not isinstance(found, list):
        raise TypeError("before is no list")
    return found


def _fields(value: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, content in value.items():
        kind = _FIELDS.get(name)
        if kind is None or content is None:
            continue
        if type(content) is not kind:
            if kind is not float or type(content) is not int:
                raise TypeError(f"{name} is not of type {kind.__name__}")
            content = float(content)
        found[name] = content
    return found


def _before(latest: datetime, said: object) -> datetime:
    ago = said.get("ago") if isinstance(said, dict) else None
    if not isinstance(ago, (int, float)) or not 0 <= ago <= _LARGEST_AGO:
        raise ValueError("an earlier event without a time")
    return latest - timedelta(seconds=ago)


def _moment(value: object) -> datetime:
    text = value.get("at") if isinstance(value, dict) else None
    if not isinstance(text, str):
        raise TypeError("at is no time")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("at has no time zone")
    return moment
