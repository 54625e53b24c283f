"""What a replay writes beside the task, and how it is read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from worker.model.names import REPLAY_COUNT

Unknown = Literal["keep", "send", "drop"]
"""What to do with a letter of which nobody can tell whether its task was sent.

`keep`: leave it, and say so. `send`: send the task, which may then run twice. `drop`: take it as
sent, and delete the letter, whose task may then never run.
"""


def replay_count(headers: Mapping[str, str]) -> int:
    """Return how often the task came back from the dead letters, 0 where the header is no count."""
    said = headers.get(REPLAY_COUNT, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
