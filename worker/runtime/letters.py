"""What a dead letter says of a task that ended here."""

from __future__ import annotations

from worker.handlers.failed import Failed
from worker.model.clock import Clock, format_rfc3339
from worker.model.dead_letter import MAX_TRACEBACK, DeadLetter, Reason, Source, encode_raw
from worker.model.delivery import Delivery
from worker.model.replay import replay_count
from worker.model.task import Task

MAX_REMEMBERED = 10_000


class Letters:
    """Writes the letters of one worker, and remembers when tasks first failed here."""

    def __init__(self, worker_id: str, subject: str, clock: Clock) -> None:
        self._worker_id = worker_id
        self._subject = subject
        self._clock = clock
        self._first_failed: dict[tuple[int, int], str] = {}

    def remember_failure(self, delivery: Delivery) -> None:
        """Note the time if this was the task's first attempt; another worker may have had it."""
        key = _key(delivery)
        if delivery.delivery_count == 1 and key not in self._first_failed:
            while len(self._first_failed) >= MAX_REMEMBERED:
                del self._first_failed[next(iter(self._first_failed))]
            self._first_failed[key] = format_rfc3339(self._clock.now())

    def forget(self, delivery: Delivery) -> None:
        """The task ended."""
        if self._first_failed:
            self._first_failed.pop(_key(delivery), None)

    def letter(self, delivery: Delivery, task: Task, reason: Reason, why: Failed) -> DeadLetter:
        """Return the dead letter of a task that will not be tried again."""
        return DeadLetter(
            task=task.with_attempt(delivery.delivery_count),
            error=why.error,
            final_attempt=delivery.delivery_count,
            dlq_timestamp=format_rfc3339(self._clock.now()),
            worker_id=self._worker_id,
            reason=reason,
            error_type=why.error_type or None,
            traceback=last_bytes(why.traceback, MAX_TRACEBACK) or None,
            first_failed_at=self._first_failed.get(_key(delivery)),
            source=Source(
                stream=delivery.stream, sequence=delivery.stream_sequence, subject=self._subject
            ),
            replays=replay_count(delivery.headers),
            raw=encode_raw(delivery.body) if reason == "invalid" else None,
        )


def _key(delivery: Delivery) -> tuple[int, int]:
    """Return what names a message also where its stream was made anew."""
    return delivery.stream_sequence, delivery.stored_ns


def last_bytes(text: str, limit: int) -> str:
    """Return the end of `text`, at most `limit` bytes: a traceback's last lines say most."""
    encoded = text.encode("utf-8", "backslashreplace")
    return encoded[-limit:].decode("utf-8", "ignore") if limit else ""
