"""Task events on `provisioning.events.<token>`: what each worker says of each step, as JSON.

Encoding is on the hot path: the steps that a task took within some milliseconds go into one
message, each with its time, and what they have in common is said once. All of it is ASCII, so that
the length of the text is the length of the message. `%` writes a float in two thirds of the time
that an f-string takes.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, Literal, NamedTuple, get_args
from urllib.parse import quote, unquote

from worker.model.clock import Clock

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

_EARLIER = '{"event":"%s","ago":%.6f%s}'
_SECONDS = ',"seconds":%.6f'

_QUICK = (
    '{"id":"%s","at":"%s","event":"succeeded","seconds":%.6f,"before":['
    '{"event":"received","ago":%.6f,"seconds":%.6f},{"event":"started","ago":%.6f}]%s'
)

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


def encode_facts(facts: TaskFacts) -> str:
    """Return what all events of one delivery end with."""
    task_id, tenant_id, task_type, attempt, sequence, worker_id = facts
    return (
        f',"task_id":{_quoted(task_id[:LONGEST_NAME])}'
        f',"tenant_id":{_name(tenant_id)}'
        f',"task_type":{_name(task_type)}'
        f',"attempt":{attempt},"stream_sequence":{sequence}'
        f',"worker_id":{_quoted(worker_id)}}}'
    )


@functools.lru_cache(maxsize=1024)
def _name(name: str) -> str:
    """Return a name that many tasks share as JSON."""
    return _quoted(name[:LONGEST_NAME])


class Stamps:
    """Writes monotonic seconds as the time of day, four times as fast as `isoformat`.

    The second's text is kept. `set` must be called before, and now and then: clocks drift apart.
    """

    __slots__ = ("_prefix", "_second", "_since")

    def __init__(self) -> None:
        self._since = 0.0
        self._second = 0
        self._prefix = "1970-01-01T00:00:00"

    def set(self, clock: Clock) -> None:
        """Take the time of day from a clock."""
        self._since = clock.now().timestamp() - clock.monotonic()

    def text(self, at: float) -> str:
        """Return `at`, in monotonic seconds, as RFC 3339 in UTC with microseconds and a `Z`."""
        at += self._since
        second = math.floor(at)
        if second != self._second:
            self._second = second
            self._prefix = datetime.fromtimestamp(second, UTC).isoformat()[:19]
        return f"{self._prefix}.{int((at - second) * 1_000_000):06d}Z"


Step = tuple[EventKind, float, str]
"""What happened, when (in monotonic seconds), and what `encode_more` gave of it.

No named tuple: three are made for each task, at ten times the cost.
"""


Moments = tuple[float, float, float, float]
"""When a task came, was taken up and had succeeded, in monotonic seconds; and how long it ran."""


def encode_event(event_id: str, steps: Sequence[Step], stamps: Stamps, facts: str) -> str:
    """Return steps of one task as ASCII JSON: the last one, and under `before` the earlier ones.

    Args:
        event_id: Unlike any other's; of letters, digits and `-` only.
        steps: What happened, in order; at least one.
        stamps: Writes the times.
        facts: What `encode_facts` or `encode_source` gave.
    """
    kind, at, more = steps[-1]
    if len(steps) > 1:
        before = [_EARLIER % (k, at - then, m) for k, then, m in steps[:-1]]
        more = f'{more},"before":[{",".join(before)}]'
    return f'{{"id":"{event_id}","at":"{stamps.text(at)}","event":"{kind}"{more}{facts}'


def encode_quick(event_id: str, moments: Moments, stamps: Stamps, facts: str) -> str:
    """Return what `encode_event` would of a task that was received, started, and succeeded."""
    received, taken_up, at, seconds = moments
    return _QUICK % (
        event_id,
        stamps.text(at),
        seconds,
        at - received,
        taken_up - received,
        at - taken_up,
        facts,
    )


def encode_seconds(seconds: float) -> str:
    """Return the same as `encode_more` of `seconds` alone, sooner; it must be a finite number."""
    return _SECONDS % seconds


def encode_source(task_type: str, worker_id: str) -> str:
    """Return what events end with that are not about one task."""
    return f',"task_type":{_quoted(task_type[:LONGEST_NAME])},"worker_id":{_quoted(worker_id)}}}'


def encode_more(details: Mapping[str, float | str]) -> str:
    """Return what one event says beyond the facts; the names are those of `Event`."""
    parts: list[str] = []
    for name, value in details.items():
        if isinstance(value, str):
            parts.append(f',"{name}":{_quoted(_shortened(value))}')
        elif not math.isnan(value):
            parts.append(f',"{name}":{max(-_LARGEST, min(value, _LARGEST)):.6f}')
    return "".join(parts)


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


def task_id_of(token: str) -> str | None:
    """Return the task id that a subject token stands for, None where it is a hash or none."""
    if token.startswith((_HASHED, _BREAKER)):
        return None
    return unquote(token, errors="surrogatepass")


def breaker_token(task_type: str) -> str:
    """Return the subject token of events about the circuit breaker of a task type."""
    return _BREAKER + event_token(task_type)


_LARGEST = 1e12
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


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
