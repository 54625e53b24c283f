"""The task that a dead letter becomes again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from worker.jetstream.wire.headers import header_lines
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
    def sequence(self) -> int:
        """Its place in the stream of the dead letters."""

    @property
    def task_id(self) -> str:
        """The id of its task, empty where it has none."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers as stored."""

    @property
    def replays(self) -> int:
        """How often its task was replayed before."""

    @property
    def error(self) -> str:
        """What the task died of."""

    @property
    def problem(self) -> str:
        """Why it cannot be read, empty where it can."""

    def replay_body(self) -> bytes | None:
        """Return the task's bytes as they go back, None where there are none."""


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
