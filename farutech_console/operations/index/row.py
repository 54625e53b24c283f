"""A letter as a row of a table shows it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from worker.model.text import literal

if TYPE_CHECKING:
    from worker.model.dead_letter import StoredDeadLetter

TEXT = 160
"""Columns kept of a text: a table shows no more, and a letter may hold a megabyte."""


@dataclass(frozen=True, slots=True)
class LetterRow:
    """What a row tells of a letter, every text literal and short."""

    sequence: int
    died_at: datetime
    task_id: str
    tenant_id: str
    task_type: str
    error: str
    tries: int
    allowed: int | None
    replays: int
    expires_at: datetime | None
    readable: bool


def summarize(stored: StoredDeadLetter) -> LetterRow:
    """Return the row of a letter."""
    letter, task = stored.letter, stored.task
    return LetterRow(
        sequence=stored.sequence,
        died_at=stored.died_at,
        task_id=literal(task.task_id, TEXT),
        tenant_id=literal(task.tenant_id, TEXT),
        task_type=literal(task.task_type, TEXT),
        error=literal(stored.error, TEXT),
        tries=letter.final_attempt if letter else 0,
        allowed=task.max_retries,
        replays=letter.replays if letter else 0,
        expires_at=stored.expires_at,
        readable=letter is not None and letter.raw is None,
    )
