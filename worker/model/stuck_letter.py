"""The dead letter of a task whose deliveries are spent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from worker.model.clock import format_rfc3339
from worker.model.dead_letter import DeadLetter, Source, encode_raw, salvaged
from worker.model.replay import replay_count
from worker.model.task import InvalidTaskError, Task, parse_task

ERROR_TYPE = "Stuck"


def stuck_letter(
    body: bytes,
    headers: Mapping[str, str],
    source: Source,
    deliveries: int | None,
    allowed: int,
) -> DeadLetter:
    """Return the letter of a stuck message; who writes it, and when, is not in it yet.

    Args:
        body: The message.
        headers: Its headers.
        source: Where it lay.
        deliveries: How often it was delivered, None where nobody counted.
        allowed: The consumer's max deliver, -1 for no limit.
    """
    task, raw = read_stuck(body)
    least = max(allowed, 1)
    told = f"{least} times at least" if deliveries is None else f"{deliveries} times"
    attempt = deliveries or least
    return DeadLetter(
        task=task.with_attempt(attempt),
        error=f"the worker died in the last attempt: delivered {told}, settled never",
        final_attempt=attempt,
        reason="stuck",
        error_type=ERROR_TYPE,
        source=source,
        replays=replay_count(headers),
        raw=raw,
    )


def signed(letter: DeadLetter, worker_id: str, now: datetime) -> DeadLetter:
    """Return the letter with who wrote it, and when."""
    return letter.model_copy(update={"worker_id": worker_id, "dlq_timestamp": format_rfc3339(now)})


def read_stuck(body: bytes) -> tuple[Task, str | None]:
    """Return the task in a message, and the message itself where it cannot be read as one."""
    try:
        return parse_task(body), None
    except InvalidTaskError:
        return salvaged(body), encode_raw(body)
