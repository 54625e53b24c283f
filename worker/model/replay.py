"""What a replay writes beside the task, and how it is read again."""

from __future__ import annotations

from collections.abc import Mapping

from worker.model.names import REPLAY_COUNT


def replay_count(headers: Mapping[str, str]) -> int:
    """Return how often the task came back from the dead letters, 0 where the header is no count."""
    said = headers.get(REPLAY_COUNT, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
