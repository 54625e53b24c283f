"""The task that a dead letter becomes again: pure, apart from the size the server allows."""

from __future__ import annotations

from dataclasses import dataclass

from worker.model.dead_letter import StoredDeadLetter
from worker.model.names import REPLAY_COUNT, REPLAY_ID, REPLAY_OF, REPLAYED_BY, carried_headers
from worker.model.replay import replay_count


@dataclass(frozen=True, slots=True)
class ReplayedTask:
    """A task ready to be published again. `task_id` is empty where the letter names none."""

    sequence: int
    task_id: str
    headers: dict[str, str]
    body: bytes


def replayed_task(stored: StoredDeadLetter, stream: str, key: str, by: str) -> ReplayedTask | None:
    """Return the task in a dead letter, None where it cannot be read as one.

    Every header of the server's stays behind: a copied `Nats-Msg-Id` would have the task dropped as
    a duplicate of itself, and the letter deleted after it.
    """
    if stored.letter is None:
        return None
    count = max(stored.letter.replays, replay_count(stored.headers)) + 1
    headers = carried_headers(stored.headers) | {
        REPLAY_OF: f"{stream}:{stored.sequence}",
        REPLAY_COUNT: str(count),
        REPLAYED_BY: by,
        REPLAY_ID: key,
    }
    return ReplayedTask(stored.sequence, stored.task.task_id, headers, stored.letter.replay_body())
