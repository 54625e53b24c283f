"""A queue that is fixed: its state, what was polled before, and its task events."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from farutech_console.operations.model import (
    DeadLetterState,
    EventKind,
    FeedCounts,
    QueueStatus,
    TaskEvent,
)
from tests.console.moment import ago
from worker.model.state import ConsumerState, ServerState, StreamState

COUNTS = FeedCounts(published=512, succeeded=480, retrying=60, terminated=9, dead_lettered=9)
"""What the feed counted until now."""


def some_status(**more: Any) -> QueueStatus:
    status = QueueStatus(
        taken_at=ago(1),
        server=ServerState(name="s1", version="2.15.1", api_level=5, max_payload=1 << 20),
        rtt=0.0004,
        work_queue=StreamState(
            name="PROVISIONING",
            created="2026-11-23T17:49:39Z",
            subjects=("provisioning.tasks",),
            messages=12_481,
            bytes=9_541_222,
            first_sequence=88_102,
            last_sequence=100_582,
            first_time=ago(10_840),
            last_time=ago(1),
            retention="workqueue",
            storage="file",
            replicas=1,
            max_age=72 * 3600.0,
            allow_direct=True,
            allow_atomic=True,
        ),
        tasks=12_481,
        consumer=ConsumerState(
            name="provisioning-worker",
            stream="PROVISIONING",
            created="2026-11-23T17:49:39Z",
            pending=12_210,
            ack_pending=271,
            redelivered=255,
            waiting=4,
            delivered_stream_sequence=88_372,
            delivered_consumer_sequence=91_002,
            ack_floor_stream_sequence=88_101,
            ack_floor_consumer_sequence=90_731,
            last_delivered_at=ago(1),
            ack_wait=30.0,
            max_deliver=5,
            max_ack_pending=1000,
        ),
        dead_letters=DeadLetterState(
            stream="PROVISIONING_DLQ",
            depth=40,
            oldest_at=ago(17_143),
            newest_at=ago(100),
            max_age=None,
        ),
        stuck=3,
        stuck_since=ago(1_240),
    )
    return replace(status, **more)


def some_history(seconds: int = 600) -> list[tuple[QueueStatus, FeedCounts]]:
    """Polls of the last `seconds`: a backlog that builds up, drains and builds up again."""
    now = some_status()
    history = []
    published = settled = 0
    assert now.consumer is not None
    assert now.dead_letters is not None
    for second in range(seconds):
        wave = math.sin(second / 70)
        published += round(41 + 12 * wave)
        settled += round(27 - 9 * math.sin(second / 45))
        pending = round(9_000 + 3_200 * wave * second / seconds)
        consumer = replace(now.consumer, pending=pending, ack_pending=271 - second // 5 % 90)
        dead = replace(now.dead_letters, depth=30 + second // 60)
        taken_at = ago(seconds - second)
        status = replace(now, taken_at=taken_at, consumer=consumer, dead_letters=dead)
        history.append((status, published, settled))
    return [
        (
            status,
            replace(
                COUNTS,
                published=COUNTS.published - published + came,
                succeeded=COUNTS.succeeded - settled + went,
            ),
        )
        for status, came, went in history
    ]


KINDS: tuple[EventKind, ...] = (
    "published",
    "succeeded",
    "retrying",
    "published",
    "dead_lettered",
    "exhausted",
)


def some_events(count: int = 60) -> list[TaskEvent]:
    return [
        TaskEvent(
            at=ago(count - index),
            kind=KINDS[index % len(KINDS)],
            sequence=100_000 + index,
            attempt=index % 5 + 1,
            task_id=f"b852e263-f02c-4256-afe9-{index:012d}",
            tenant_id=f"acme-corp-{index % 4}",
            task_type="provision",
            delay=20.0 if index % 6 == 2 else None,
            detail="connection refused: acme-db:5432" if index % 6 in (2, 4) else "",
        )
        for index in range(count)
    ]
