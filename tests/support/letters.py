"""Bodies of dead letters for property tests: good ones, odd ones, broken ones."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from tests.support.queues import letter, sample_lines, task
from worker.model.dead_letter import REASONS, StoredDeadLetter, read_dead_letter

NOW = datetime(2026, 11, 24, 2, 41, 7, tzinfo=UTC)

_TEXTS = st.sampled_from(
    [
        "",
        "acme",
        "ACME-1",
        "globex",
        "Básico",
        "timeout after 30 s",
        'say "hi": x',
        "a\nb",
        "5",
        "ß",
    ]
) | st.text(max_size=8)
_NUMBERS = st.integers(-3, 12) | st.sampled_from([2**31, -(2**40), 10**320, 1.5, 1e300])
_LEAVES = st.none() | st.booleans() | _NUMBERS | _TEXTS
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["plan", "seats", "name", ""]) | _TEXTS, inner, max_size=3
        )
    ),
    max_leaves=6,
)
_RAW = st.binary(max_size=20).map(lambda data: base64.b64encode(data).decode()) | _TEXTS
_TASK_CHANGES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("task_id", "tenant_id", "task_type", "module_id"), _TEXTS),
        "TenantId": _TEXTS,
        "attempt": _NUMBERS | _LEAVES,
        "max_retries": _NUMBERS | _LEAVES,
        "created_at": _TEXTS,
        "payload": _VALUES,
        "unknown": _VALUES,
    },
)
_CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "error": _TEXTS | _LEAVES,
        "error_type": _TEXTS | _LEAVES,
        "reason": st.sampled_from([*REASONS, None, "other", 5]),
        "final_attempt": _NUMBERS | _LEAVES,
        "replays": _NUMBERS | _LEAVES,
        "worker_id": _TEXTS | _LEAVES,
        "dlq_timestamp": _TEXTS | st.just("2026-11-24T01:00:00Z"),
        "traceback": _TEXTS | st.none(),
        "source": st.fixed_dictionaries({}, optional={"sequence": _LEAVES, "stream": _LEAVES})
        | _VALUES,
        "raw": _RAW,
        "unknown": _VALUES,
    },
)


@st.composite
def letter_bodies(draw: st.DrawFn) -> bytes:
    """The body of a dead letter as any worker might have written it."""
    value: dict[str, Any] = letter(0, **draw(_CHANGES))
    value["task"] = draw(st.just(task(0, **draw(_TASK_CHANGES))) | st.just(value["task"]) | _VALUES)
    for name in draw(st.lists(st.sampled_from(sorted(value)), max_size=2)):
        value.pop(name, None)
    compact = draw(st.sampled_from([(",", ":"), None]))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()), separators=compact)
    if draw(st.integers(0, 9)) == 0:
        text = text.replace('"error"', '"error":"twice","error"', 1)
    return text.encode("utf-8", "surrogatepass")


BODIES = (
    letter_bodies()
    | st.binary(max_size=40)
    | st.sampled_from(list(sample_lines("go-dead-letters.jsonl")))
)
"""Bodies on the subject of dead letters, whatever they are."""


def stored(
    body: bytes, sequence: int = 7, headers: Mapping[str, str] | None = None
) -> StoredDeadLetter:
    """The dead letter in a body, as a stream has it."""
    read, problem = read_dead_letter(body)
    return StoredDeadLetter(sequence, NOW, "provisioning.dlq", headers or {}, body, read, problem)


LETTER = stored(
    json.dumps(
        letter(
            task=task(
                7,
                tenant_id="Acme-1",
                payload={
                    "plan": "Gold",
                    "seats": 12,
                    "trial": True,
                    "features": ["basic", "advanced"],
                    "db": {"host": "db-7", "note": None},
                    "items": [{"sku": "a1"}, {"sku": "b2"}],
                },
            ),
            error="Timeout after 30 s: (pool) \u00dcber",
            error_type="PoolTimeout",
            reason="stuck",
            replays=1,
            dlq_timestamp="2026-11-24T00:41:07Z",
        ),
        ensure_ascii=False,
    ).encode(),
    sequence=150,
    headers={"Traceparent": "00-abc"},
)
"""One with something under most keys of a filter."""
