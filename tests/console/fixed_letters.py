"""Dead letters that are fixed, as they are stored and as a scan has them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tests.console.moment import ago
from worker.jetstream.dead_letters.lean import LeanLetter
from worker.jetstream.messages import StoredMessage
from worker.model.clock import format_rfc3339
from worker.model.dead_letter import StoredDeadLetter, read_dead_letter


def letter(sequence: int, body: object, *, died: float = 120.0, **more: Any) -> StoredDeadLetter:
    """A stored letter; `body` is JSON, or the very bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    parsed, problem = read_dead_letter(data)
    stored = StoredDeadLetter(
        sequence=sequence,
        stored_at=ago(died),
        subject="provisioning.dlq",
        headers={"Farutech-Replay-Count": "1"} if sequence % 5 == 0 else {},
        body=data,
        letter=parsed,
        problem=problem,
    )
    return replace(stored, **more)


def lean(stored: StoredDeadLetter) -> LeanLetter:
    """The letter as a scan has it."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in stored.headers.items())
    block = f"NATS/1.0\r\n{lines}\r\n".encode("utf-8", "replace") if lines else b""
    stamp = format_rfc3339(stored.stored_at)
    message = StoredMessage(stored.sequence, stored.subject, stamp, block, stored.body)
    kept_for = stored.expires_at - stored.stored_at if stored.expires_at else None
    return LeanLetter(message, kept_for)


TRACEBACK = """Traceback (most recent call last):
  File "provision.py", line 41, in run
    await connect(host)
ConnectionRefusedError: connection refused"""
ERRORS = (
    "connection refused: acme-db:5432",
    "unknown task type: migrate",
    "timeout after 30 s",
)


def provisioning_letter(sequence: int, position: int) -> StoredDeadLetter:
    died = 100.0 + 437.0 * position
    return letter(
        sequence,
        {
            "task": {
                "task_id": f"7bea0a77-2dc6-4b53-bdfb-{sequence:012d}",
                "tenant_id": f"acme-corp-{sequence % 4}",
                "task_type": "migrate" if position % 3 == 1 else "provision",
                "module_id": "erp-finance",
                "payload": {"environment": "production", "features": ["basic", "advanced"]},
                "attempt": 5,
                "max_retries": 5,
                "created_at": "2026-11-24T02:00:00.123456789Z",
            },
            "error": ERRORS[position % 3],
            "final_attempt": 5,
            "dlq_timestamp": ago(died).isoformat().replace("+00:00", "Z"),
            "worker_id": "worker-001",
            "reason": "attempts_exhausted",
            "error_type": "ConnectionRefusedError",
            "traceback": TRACEBACK,
            "replays": 2 if sequence % 7 == 0 else 0,
        },
        died=died,
    )


def some_letters(count: int = 40, newest: int = 90_412) -> list[StoredDeadLetter]:
    return [provisioning_letter(newest - 3 * index, index) for index in range(count)]
