"""The operations' handle on a test's queue."""

from __future__ import annotations

from farutech_console.operations.queue import Queue as OperatedQueue
from tests.support.queues import NAMES, Queue
from worker.model.clock import SystemClock

OPERATOR = "anna@laptop"


def operated(q: Queue, *, read_only: bool = False, operator: str = OPERATOR) -> OperatedQueue:
    """The handle that operations are given, of this operator."""
    return OperatedQueue(q.connection, NAMES, SystemClock(), operator=operator, read_only=read_only)
