"""The task that a dead letter becomes again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from worker.jetstream.headers import header_lines
from worker.model.names import (
    EDITED_BY,
    REPLAY_COUNT,
    REPLAY_ID,
    REPLAY_OF,
    REPLAYED_BY,
    carried_headers,
)


class Replayable(Protocol):
    """What a replay asks of a dead letter, however far that is read."""

    @property
    def sequence(self) -> int: ...  # noqa: D102
    @property
    def task_id(self) -> str: ...  # noqa: D102
    @property
    def headers(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def replays(self) -> int: ...  # noqa: D102
    @property
    def error(self) -> str: ...  # noqa: D102
    @property
    def problem(self) -> str: ...  # noqa: D102

    def replay_body(self) -> bytes | None: ...  # noqa: D102


class ReplayedTask(NamedTuple):
    """A task ready to be published again. `task_id` is empty where the letter names none.

    `lines` are the headers as they go over the wire.
    """

    sequence: int
    task_id: str
    headers: dict[str, str]
    lines: bytes
    body: bytes


def replayed_task(
    stored: Replayable, stream: str, key: str, by: str, edited: bytes | None = None
) -> ReplayedTask | None:
    """Return the task in a dead letter, None where it cannot be read as one.

    `edited` goes in its place.

    Every header of the server's stays behind: a copied `Nats-Msg-Id` would have the task dropped as
    a duplicate of itself, and the letter deleted after it.
    """
    body = stored.replay_body()
    if body is None:
        return None
    headers = carried_headers(stored.headers) | {
        REPLAY_OF: f"{stream}:{stored.sequence}",
        REPLAY_COUNT: str(stored.replays + 1),
        REPLAYED_BY: by,
        REPLAY_ID: key,
    }
    if edited is not None:
        headers[EDITED_BY] = by
        body = edited
    return ReplayedTask(stored.sequence, stored.task_id, headers, header_lines(headers), body)
