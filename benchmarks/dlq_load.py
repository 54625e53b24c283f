"""Dead letters for the benchmarks: a million of 1 KB as workers write them, stored with acks."""

from __future__ import annotations

import asyncio

from tests.support.queues import NAMES, Queue
from worker.model import wire_json

BYTES = 1000
TENANTS = 50
_AT_ONCE = 500
_ERRORS = (
    ("ConnectionRefusedError", "connection refused: acme-db-{0}:5432"),
    ("TimeoutError", "timeout after {1} s"),
    ("HandlerError", "unknown task type: 'migrate-{0}'"),
    ("HTTPStatusError", "503 Service Unavailable for url http://10.0.3.{0}:8080/tenants/{1}"),
    ("OSError", "lookup db-{0}.prod.svc.cluster.local: no such host"),
)


def letter_body(number: int, size: int = BYTES) -> bytes:
    """Return a dead letter of `size` bytes, as a worker of ours writes it."""
    error_type, error = _ERRORS[number % len(_ERRORS)]
    payload = {"environment": "production", "features": ["basic", "advanced"], "note": ""}
    value = {
        "task": {
            "task_id": f"{number:08x}-2dc6-4b53-bdfb-ed85e2ea3304",
            "tenant_id": f"acme-{number % TENANTS}",
            "task_type": "provision",
            "module_id": "erp-finance",
            "payload": payload,
            "attempt": 5,
            "max_retries": 5,
            "created_at": "2026-11-23T17:49:39.980257944Z",
        },
        "error": error.format(number % 200, number % 60),
        "final_attempt": 5,
        "dlq_timestamp": f"2026-11-23T17:{number // 60 % 60:02}:{number % 60:02}.224142Z",
        "worker_id": "worker-001",
        "reason": "attempts_exhausted",
        "error_type": error_type,
        "first_failed_at": "2026-11-23T17:49:42.224142Z",
        "source": {"stream": NAMES.stream, "sequence": number, "subject": NAMES.tasks},
        "replays": 0,
    }
    payload["note"] = "x" * (size - len(wire_json.dumps(value)))
    return wire_json.dumps(value)


async def fill(q: Queue, count: int) -> None:
    """Store so many dead letters."""
    for start in range(0, count, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, count))
        await asyncio.gather(*(q.api.publish(NAMES.dlq, letter_body(number)) for number in numbers))
