"""Task events as text, on the hot path of a worker.

The steps that a task took within some milliseconds go into one message, each with its time, and
what they have in common is said once. All of it is ASCII, so that the length of the text is the
length of the message. `%` writes a float in two thirds of the time that an f-string takes.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii as _quoted

from worker.model.clock import Clock
from worker.model.event import LONGEST_NAME, LONGEST_TEXT, EventKind, TaskFacts

_LARGEST = 1e12
_EARLIER = '{"event":"%s","ago":%.6f%s}'
_SECONDS = ',"seconds":%.6f'
_QUICK = (
    '{"id":"%s","at":"%s","event":"succeeded","seconds":%.6f,"before":['
    '{"event":"received","ago":%.6f,"seconds":%.6f},{"event":"started","ago":%.6f}]%s'
)


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


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
