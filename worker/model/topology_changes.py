"""What can be changed on a server to make it as declared: plain values, each one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from worker.model.topology import ConsumerSpec, StreamSpec

Verdict = Literal["safe", "pause", "refused"]


@dataclass(frozen=True, slots=True)
class CreateStream:
    """Create a stream that is missing."""

    spec: StreamSpec


@dataclass(frozen=True, slots=True)
class UpdateStream:
    """Change one setting, named as in `StreamSpec`, of a stream to what `spec` has."""

    spec: StreamSpec
    setting: str


@dataclass(frozen=True, slots=True)
class AddSubjects:
    """Have a stream take further subjects."""

    stream: str
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreateConsumer:
    """Create the consumer."""

    spec: ConsumerSpec


@dataclass(frozen=True, slots=True)
class UpdateConsumer:
    """Change one setting, named as in `ConsumerSpec`, of the consumer to what `spec` has."""

    spec: ConsumerSpec
    setting: str


@dataclass(frozen=True, slots=True)
class MoveDeadLetters:
    """Move the dead letters out of the work queue into their own stream."""

    spec: StreamSpec


@dataclass(frozen=True, slots=True)
class TakeClaims:
    """Have the work queue take the claims of replays and atomic batches."""

    spec: StreamSpec


Change = (
    CreateStream
    | UpdateStream
    | AddSubjects
    | CreateConsumer
    | UpdateConsumer
    | MoveDeadLetters
    | TakeClaims
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as declared.

    `verdict`: `safe` is applied while everything runs; `pause` stops deliveries for the time that
    it takes; `refused` is not applied, `reason` says why and what to do, and `change` is None.
    `effect` is what applying it does, or would do, in words.
    """

    what: str
    declared: str
    actual: str
    effect: str
    verdict: Verdict
    change: Change | None
    reason: str = ""
