"""Tasks whose deliveries are spent, so that nobody will get them again: how many, and which.

The server keeps such a task in the stream and does not say which it is: only numbers tell it from
one that is in flight or waits out its backoff. What is certain here is never one of those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from worker.model import wire_json
from worker.model.state import ConsumerState, StreamState

Evidence = Literal[
    "none_stuck",
    "no_consumer",
    "advisories",
    "nothing_pending",
    "ack_floor",
    "in_part",
    "contradicted",
]
TOLD: Mapping[Evidence, str] = {
    "none_stuck": "every task is settled, pending, in flight or in backoff",
    "no_consumer": "there is no consumer, so every task will be delivered once there is one",
    "advisories": "the server told of each",
    "nothing_pending": "nothing is in flight or in backoff, so all that was delivered is stuck",
    "ack_floor": "they lie below the ack floor",
    "in_part": "others are in flight or in backoff, and the server told of some at most",
    "contradicted": "the server told of more than there are: the consumer was reset, it seems",
}
"""How it is known which tasks are stuck, for an operator to read."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many tasks are stuck: at least, and at most. The same where nothing moved meanwhile."""

    least: int
    most: int

    @property
    def is_exact(self) -> bool:
        """Whether the number is known."""
        return self.least == self.most


@dataclass(frozen=True, slots=True)
class SpentTask:
    """A task that nobody will get again.

    `deliveries` is None where nobody counted them, `since` where nobody told when they were spent.
    """

    sequence: int
    deliveries: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class StuckTasks:
    """What one look found.

    `certain` are stuck for sure, ascending. `candidates` are those that may be: the others that
    were delivered and are still there, as far as they were asked for; `more` says that there are
    further ones. `allowed` is the consumer's max deliver, -1 for no limit. `last_delivery` is that
    of any task: none of these was delivered later.
    """

    tally: Tally
    certain: tuple[SpentTask, ...]
    evidence: Evidence
    candidates: tuple[int, ...] = ()
    more: bool = False
    allowed: int = -1
    last_delivery: datetime | None = None

    @property
    def unknown(self) -> int:
        """How many tasks are stuck of which it is not known which, at least."""
        return max(0, self.tally.least - len(self.certain))

    @property
    def told(self) -> str:
        """How it is known, for an operator to read."""
        return TOLD[self.evidence]


NOTHING_STUCK = StuckTasks(Tally(0, 0), (), "none_stuck")


def tally_of(
    before: StreamState, consumer: ConsumerState, after: StreamState, subject: str
) -> Tally:
    """Return how many of the tasks under `subject` are neither pending nor ack pending.

    The three were read one after the other. What came and went between them widens the answer.
    """
    settled_or_due = consumer.pending + consumer.ack_pending
    first, last = before.subject_counts.get(subject, 0), after.subject_counts.get(subject, 0)
    published = max(after.last_sequence - before.last_sequence, 0)
    return Tally(
        max(0, last - published - settled_or_due),
        max(0, first + published - settled_or_due),
    )


def judged(
    tally: Tally, heard: Mapping[int, Advisory], below: Sequence[int], consumer: ConsumerState
) -> StuckTasks:
    """Return which tasks are certainly stuck.

    Args:
        tally: How many are.
        heard: The live tasks of which the server told, and what.
        below: The live tasks up to the ack floor, or up to the last delivered where nothing is
            ack pending. Not needed where as many were heard as are stuck.
        consumer: The consumer, as it was when they were counted.
    """
    believed = heard if len(heard) <= tally.most else {}
    sequences = sorted({*believed, *below})
    certain = tuple(
        SpentTask(sequence, told.deliveries, told.at) if told else SpentTask(sequence)
        for sequence, told in ((sequence, believed.get(sequence)) for sequence in sequences)
    )
    evidence: Evidence = "in_part"
    if len(believed) < len(heard):
        evidence = "contradicted"
    elif tally.is_exact and len(believed) == tally.most:
        evidence = "advisories" if tally.most else "none_stuck"
    elif consumer.ack_pending == 0:
        evidence = "nothing_pending"
    elif tally.is_exact and len(certain) == tally.most:
        evidence = "ack_floor"
    return StuckTasks(
        tally,
        certain,
        evidence,
        allowed=consumer.max_deliver,
        last_delivery=consumer.last_delivered_at,
    )


@dataclass(frozen=True, slots=True)
class Advisory:
    """The server's word that the deliveries of a task are spent, and when it was kept."""

    sequence: int
    deliveries: int
    at: datetime


def read_advisory(body: bytes, at: datetime) -> Advisory | None:
    """Return the max-deliver advisory in a message stored then, None where it is none."""
    try:
        said = wire_json.loads(body)
    except wire_json.InvalidJsonError:
        return None
    if not isinstance(said, Mapping):
        return None
    sequence, deliveries = said.get("stream_seq"), said.get("deliveries")
    if type(sequence) is not int or type(deliveries) is not int:
        return None
    return Advisory(sequence, deliveries, at)
