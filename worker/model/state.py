"""What the server says of a stream, a consumer and itself, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StreamState:
    """A stream at one moment.

    `max_age` in seconds, None for no limit; `subject_counts` has the messages under each subject
    that was asked for. `told_at` is when it was, by the server's clock.
    """

    name: str
    created: str
    subjects: tuple[str, ...]
    messages: int
    bytes: int
    first_sequence: int
    last_sequence: int
    first_time: datetime | None
    last_time: datetime | None
    retention: str
    storage: str
    replicas: int
    max_age: float | None
    allow_direct: bool
    allow_atomic: bool
    leader: str = ""
    cluster: str = ""
    subject_counts: Mapping[str, int] = field(default_factory=dict)
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsumerState:
    """A consumer at one moment.

    `pending` counts messages never delivered, `ack_pending` those delivered and not settled
    (in flight or in backoff: the server does not tell which), `redelivered` those delivered more
    than once and still there, `waiting` the open pull requests. Limits of -1 mean none.
    `ack_wait` in seconds.
    """

    name: str
    stream: str
    created: str
    pending: int
    ack_pending: int
    redelivered: int
    waiting: int
    delivered_stream_sequence: int
    delivered_consumer_sequence: int
    ack_floor_stream_sequence: int
    ack_floor_consumer_sequence: int
    last_delivered_at: datetime | None
    ack_wait: float
    max_deliver: int
    max_ack_pending: int
    paused: bool = False
    pause_remaining: float = 0.0
    leader: str = ""


@dataclass(frozen=True, slots=True)
class ServerState:
    """The server a connection is on. `api_level` 0 is nats-server 2.10; `max_payload` in bytes."""

    name: str
    version: str
    api_level: int
    max_payload: int
    cluster: str = ""
    url: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Whether a consumer is paused, until when, and for how many seconds more."""

    paused: bool
    until: datetime | None
    remaining: float
