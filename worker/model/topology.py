"""The streams and the consumer as this project declares them, for a server that has none yet."""

from __future__ import annotations

from dataclasses import dataclass

from worker.model.names import QueueNames

HOUR = 3600.0
DAY = 24 * HOUR
MEBIBYTE = 1024 * 1024
PAUSE_LEVEL = 1
"""The lowest JetStream API level (`api.level`) of a server that can pause a consumer: 2.11."""
ATOMIC_BATCH_LEVEL = 2
"""The lowest JetStream API level (`api.level`) of a server with atomic batches: 2.12."""


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A stream, as declared or as it was found. Times in seconds, None for no limit.

    `max_per_subject` and `max_bytes` of 0 mean no limit. `discard` is `old` or `new`, `retention`
    `limits`, `workqueue` or `interest`, `storage` `file` or `memory`. A declared
    `duplicate_window` of None leaves the server its own (2 minutes).
    """

    name: str
    subjects: tuple[str, ...]
    description: str = ""
    retention: str = "limits"
    storage: str = "file"
    discard: str = "old"
    max_age: float | None = None
    max_bytes: int = 0
    duplicate_window: float | None = None
    max_per_subject: int = 0
    replicas: int = 1
    allow_direct: bool = True
    allow_atomic: bool = False
    allow_rollup: bool = False
    deny_delete: bool = False
    deny_purge: bool = False


@dataclass(frozen=True, slots=True)
class ConsumerSpec:
    """The durable pull consumer, as declared or as it was found.

    `ack_wait` in seconds, limits of -1 mean none.
    """

    stream: str
    name: str
    filter_subject: str
    ack_wait: float = 30.0
    max_deliver: int = 5
    max_ack_pending: int = -1
    ack_policy: str = "explicit"


@dataclass(frozen=True, slots=True)
class Topology:
    """All that a fresh server gets.

    `dead_letters` is the work queue itself where the settings want them there; `claims` is None
    where the work queue holds the claims. `side_streams` are the others: advisories, events,
    ledger, bodies, audit, archive.
    """

    work_queue: StreamSpec
    consumer: ConsumerSpec
    dead_letters: StreamSpec
    claims: StreamSpec | None
    side_streams: tuple[StreamSpec, ...]


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
        side_streams=(
            _advisories(names, replicas),
            _events(names, replicas),
            _ledger(names, replicas),
            bodies_stream(names, replicas),
            audit_stream(names, replicas),
            archive_stream(names, replicas),
        ),
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


def _advisories(names: QueueNames, replicas: int) -> StreamSpec:
    return StreamSpec(
        name=names.advisories_stream,
        subjects=(names.max_deliveries_advisory,),
        description="What the server said of tasks whose deliveries are spent",
        max_age=7 * DAY,
        replicas=replicas,
    )


def _events(names: QueueNames, replicas: int) -> StreamSpec:
    return StreamSpec(
        name=names.events_stream,
        subjects=(names.events("*"),),
        description="What happened to each task",
        max_age=DAY,
        max_bytes=256 * MEBIBYTE,
        replicas=replicas,
    )


def _ledger(names: QueueNames, replicas: int) -> StreamSpec:
    """Return the stream that every NATS client knows as a key-value bucket (ADR-8)."""
    return StreamSpec(
        name=names.ledger_stream,
        subjects=(names.ledger_keys,),
        description="Tasks that are running or done, so that none is run twice",
        discard="new",
        max_age=7 * DAY,
        max_per_subject=1,
        replicas=replicas,
        allow_rollup=True,
        deny_delete=True,
    )


def bodies_stream(names: QueueNames, replicas: int = 1) -> StreamSpec:
    """Return the stream that every NATS client knows as an object store (ADR-20).

    It keeps what a dead letter names without a limit of age, as the letter itself is kept.
    """
    return StreamSpec(
        name=names.bodies_stream,
        subjects=(names.body_pieces(">"), names.body_entry(">")),
        description="Messages too large for a dead letter",
        discard="new",
        replicas=replicas,
        allow_rollup=True,
    )


def audit_stream(names: QueueNames, replicas: int = 1) -> StreamSpec:
    """Return the stream of what operators did."""
    return StreamSpec(
        name=names.audit_stream,
        subjects=(names.audit("*"),),
        description="What operators did",
        max_age=90 * DAY,
        replicas=replicas,
        deny_delete=True,
        deny_purge=True,
    )


def archive_stream(names: QueueNames, replicas: int = 1) -> StreamSpec:
    """Return the stream of purged dead letters."""
    return StreamSpec(
        name=names.archive_stream,
        subjects=(names.archive("*"),),
        description="Purged dead letters, for undo",
        max_age=7 * DAY,
        replicas=replicas,
    )
