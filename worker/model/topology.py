"""The streams and the consumer as this project declares them, for a server that has none yet."""

from __future__ import annotations

from dataclasses import dataclass

from worker.model.names import QueueNames

HOUR = 3600.0
ATOMIC_BATCH_LEVEL = 2
"""The lowest JetStream API level (`api.level`) of a server with atomic batches: 2.12."""


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A stream as declared. Times in seconds, None for no limit.

    `max_per_subject` of 0 means no limit. `discard` is `old` or `new`, `retention` `limits` or
    `workqueue`.
    """

    name: str
    subjects: tuple[str, ...]
    description: str = ""
    retention: str = "limits"
    discard: str = "old"
    max_age: float | None = None
    duplicate_window: float | None = None
    max_per_subject: int = 0
    replicas: int = 1
    allow_direct: bool = True
    allow_atomic: bool = False


@dataclass(frozen=True, slots=True)
class ConsumerSpec:
    """The durable pull consumer as declared. `ack_wait` in seconds, limits of -1 mean none."""

    stream: str
    name: str
    filter_subject: str
    ack_wait: float = 30.0
    max_deliver: int = 5
    max_ack_pending: int = -1


@dataclass(frozen=True, slots=True)
class Topology:
    """All that a fresh server gets. `claims` is None where the work queue holds them itself."""

    work_queue: StreamSpec
    consumer: ConsumerSpec
    dead_letters: StreamSpec
    claims: StreamSpec | None


def declared(names: QueueNames, api_level: int, replicas: int = 1) -> Topology:
    """Return the topology for a server of JetStream API level `api_level` (0 is 2.10).

    `max_ack_pending` has no limit, because tasks in backoff count as ack pending and a thousand
    of them would stop every healthy one; the pull bounds the flow.
    """
    atomic = api_level >= ATOMIC_BATCH_LEVEL
    own_dlq = names.dlq_stream != names.stream
    subjects = [names.tasks]
    subjects += [] if own_dlq else [names.dlq]
    subjects += [names.replays] if atomic else []
    work_queue = StreamSpec(
        name=names.stream,
        subjects=tuple(subjects),
        description="Farutech provisioning tasks stream",
        retention="workqueue",
        max_age=72 * HOUR,
        replicas=replicas,
        allow_atomic=atomic,
    )
    return Topology(
        work_queue=work_queue,
        consumer=ConsumerSpec(names.stream, names.consumer, names.tasks),
        dead_letters=_dead_letters(names, replicas) if own_dlq else work_queue,
        claims=None if atomic else claims_stream(names, replicas),
    )


def claims_stream(names: QueueNames, replicas: int = 1) -> StreamSpec:
    """Return the side stream of replay claims.

    It keeps them without a limit of age: a claim that went before its dead letter would let the
    same letter be replayed twice. Whoever deletes the letter deletes its claim.
    """
    return StreamSpec(
        name=names.replays_stream,
        subjects=(names.replays,),
        description="Claims of dead letters that are being replayed",
        discard="new",
        max_per_subject=1,
        replicas=replicas,
    )


def _dead_letters(names: QueueNames, replicas: int) -> StreamSpec:
    return StreamSpec(
        name=names.dlq_stream,
        subjects=(names.dlq,),
        description="Tasks that failed for good, until they are replayed or purged",
        discard="new",
        duplicate_window=HOUR,
        replicas=replicas,
    )
