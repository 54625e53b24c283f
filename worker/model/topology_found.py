"""What is on a server of all that is declared: plain values for the difference to be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.model.state import ServerState
from worker.model.topology import ConsumerSpec, StreamSpec


@dataclass(frozen=True, slots=True)
class FoundStream:
    """A stream that exists.

    `oldest` is the age of its oldest message in seconds, None where it has none; `letters` counts
    the dead letters in it. `clustered` tells whether its server is part of a cluster.
    """

    spec: StreamSpec
    messages: int = 0
    oldest: float | None = None
    letters: int = 0
    clustered: bool = False


@dataclass(frozen=True, slots=True)
class FoundConsumer:
    """The consumer that exists.

    `ack_pending` counts tasks in flight or in backoff, `waiting` the open pull requests.
    """

    spec: ConsumerSpec
    ack_pending: int = 0
    waiting: int = 0
    pulled: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """All that matters of a server.

    `streams` holds those of the declared names that exist. `dlq_home` is the stream that takes the
    dead letters' subject, empty for none. `letter_readers` are consumers that take dead letters
    from the work queue. `open_claims` counts letters whose replay is under way or was interrupted.
    `pause_left_behind` tells that an interrupted migration left the consumer paused.
    """

    server: ServerState
    streams: Mapping[str, FoundStream] = field(default_factory=dict)
    consumer: FoundConsumer | None = None
    dlq_home: str = ""
    letter_readers: tuple[str, ...] = ()
    open_claims: int = 0
    pause_left_behind: bool = False


def covers(pattern: str, subject: str) -> bool:
    """Return whether every subject that `subject` stands for is one of `pattern`'s.

    Both may have the wildcards `*`, for one token, and `>`, for all that follow.
    """
    wanted = subject.split(".")
    for index, token in enumerate(pattern.split(".")):
        if token == ">":
            return len(wanted) > index
        if index == len(wanted) or wanted[index] == ">":
            return False
        if token not in ("*", wanted[index]):
            return False
    return len(pattern.split(".")) == len(wanted)
