"""What the operations answer: frozen values that screens and commands show alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from farutech_console.operations.pace.pacing import Pacing
from worker.model.dead_letter import StoredDeadLetter
from worker.model.heard import HeardKind
from worker.model.state import ConsumerState, ServerState, StreamState

OutcomeKind = Literal["replayed", "already", "failed", "unknown", "purged", "restored"]
PlanKind = Literal["replay", "purge", "purge_hard"]
EventKind = Literal[
    "published",
    "succeeded",
    "retrying",
    "in_progress",
    "terminated",
    "dead_lettered",
    "exhausted",
]

Part = Literal["server", "consumer", "dead_letters"]
"""What one poll asks for, beside the work queue itself."""


@dataclass(frozen=True, slots=True)
class DeadLetterState:
    """The dead letters as a whole. `max_age` in seconds, None where they are kept for ever.

    `created` tells lives of the stream apart: one that was deleted and made anew counts its
    sequences anew.
    """

    stream: str
    depth: int
    oldest_at: datetime | None
    newest_at: datetime | None
    max_age: float | None
    created: str = ""


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """Everything one poll learnt. `rtt` in seconds.

    `tasks` counts all live tasks; `stuck` those whose deliveries are spent and that nobody will
    get again, `stuck_since` when the server told so of the first of them, None where it told
    nobody. `skew` is by how many seconds the server's clock is ahead of ours, at least; negative
    where it is behind, 0 where they may agree. `consumer` is None where the consumer does not
    exist, `dead_letters` where no stream takes them; either is None as well where `unread` says why
    it could not be asked.
    """

    taken_at: datetime
    server: ServerState
    rtt: float
    work_queue: StreamState
    tasks: int
    consumer: ConsumerState | None
    dead_letters: DeadLetterState | None
    stuck: int
    unread: Mapping[Part, str] = field(default_factory=dict)
    stuck_since: datetime | None = None
    skew: float = 0.0

    @property
    def known_stuck(self) -> int | None:
        """How many tasks are stuck, None where the consumer could not be asked."""
        return None if "consumer" in self.unread else max(0, self.stuck)


@dataclass(frozen=True, slots=True)
class LinkState:
    """The connection as the operator should see it.

    `since` is when it came to be so; `detail` is the last error in words; `attempts` counts the
    tries to come back; `refused` is whether a server answered and did not let us in. `deaf` are the
    kinds of messages that it does not let us overhear; `fault` is what of our own died, in words.
    """

    connected: bool
    since: datetime
    server: str = ""
    detail: str = ""
    attempts: int = 0
    refused: bool = False
    deaf: frozenset[HeardKind] = frozenset()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """One thing that happened to a task, as it was seen live.

    `sequence` is the task's stream sequence, 0 where the wire did not say; `attempt` the delivery
    count, 0 likewise; `delay` the backoff in seconds. `task_id`, `tenant_id` and `task_type` are
    empty where the message is gone before it could be read.
    """

    at: datetime
    kind: EventKind
    sequence: int = 0
    attempt: int = 0
    task_id: str = ""
    tenant_id: str = ""
    task_type: str = ""
    delay: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FeedCounts:
    """Totals since the feed began; `dropped` events were seen and not kept."""

    published: int = 0
    succeeded: int = 0
    retrying: int = 0
    terminated: int = 0
    dead_lettered: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Some dead letters, newest first. `more` tells whether older ones follow."""

    letters: tuple[StoredDeadLetter, ...]
    depth: int
    more: bool


MOST_NAMED = 10_000
"""Letters of a plan whose task ids are kept."""


@dataclass(frozen=True, slots=True)
class InDoubt:
    """A letter of which nobody can tell whether its task was sent; `told` is who began it, when."""

    sequence: int
    told: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a replay or a purge will touch: exactly these letters, whatever comes later.

    `tenants` and `task_types` count the letters of each, `replayed_before` those that came back
    at least once, `expiring` those the server drops within the hour. `consumer_note` says what
    stands in the way of the tasks being run, empty for nothing. `command` is the same as a
    command line. `missing` are sequences that were asked for and under which no dead letter lies.

    `sequences` ascend. `task_ids` are theirs, in the same order, and empty where there are more
    than `MOST_NAMED`. `complete` is whether they are all that the stream holds up to the last of
    them. `came_back` counts the letters by how often their task came back before. `asking` is how
    many pull requests of workers wait at the consumer. `stuck` are letters of stuck tasks: such a
    task may lie in the queue still. `in_doubt` are letters that somebody may have replayed, nobody
    can tell.
    """

    kind: PlanKind
    stream: str
    generation: str
    sequences: tuple[int, ...]
    task_ids: tuple[str, ...]
    target: str
    oldest_at: datetime | None
    newest_at: datetime | None
    tenants: Mapping[str, int]
    task_types: Mapping[str, int]
    replayed_before: int
    expiring: int
    consumer_note: str
    command: str
    missing: tuple[int, ...] = ()
    complete: bool = False
    came_back: Mapping[int, int] = field(default_factory=dict)
    asking: int = 0
    stuck: tuple[int, ...] = ()
    in_doubt: tuple[InDoubt, ...] = ()
    pacing: Pacing = field(default_factory=Pacing)

    @property
    def count(self) -> int:
        """How many letters it touches."""
        return len(self.sequences)


NEVER_THERE = "no dead letter has had this sequence yet"
"""The detail of an outcome whose letter nobody ever had, as opposed to one that is gone."""


class Outcome(NamedTuple):
    """What became of one letter of a plan. `detail` is for an operator to read.

    `stored_as` is the sequence of a replayed task in the work queue, 0 where that is not known.

    A named tuple, because a million are made for a plan of a million.
    """

    sequence: int
    task_id: str
    outcome: OutcomeKind
    detail: str = ""
    stored_as: int = 0
