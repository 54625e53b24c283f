"""Streams and the consumer on the server: create what is missing, change nothing that is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from worker.jetstream.api import Api
from worker.jetstream.errors import (
    CONSUMER_NOT_FOUND,
    STREAM_NAME_IN_USE,
    STREAM_NOT_FOUND,
    SUBJECTS_OVERLAP,
    ApiError,
    JetStreamError,
)
from worker.jetstream.info import (
    consumer_state,
    find_stream,
    server_state,
    stream_of_subject,
)
from worker.jetstream.topology.configs import consumer_config, stream_config
from worker.model.names import QueueNames
from worker.model.state import ConsumerState, ServerState, StreamState
from worker.model.topology import (
    ATOMIC_BATCH_LEVEL,
    ConsumerSpec,
    StreamSpec,
    Topology,
    claims_stream,
    declared,
)

Refused = Callable[[str, ApiError], None]


class NoQueueError(JetStreamError):
    """The work queue or its dead letters do not exist on this server."""


class SubjectTakenError(JetStreamError):
    """Another stream has a subject of the work queue that is to be created."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the queue's parts lie on this server, whoever made them."""

    names: QueueNames
    server: ServerState
    work_queue: StreamState
    dead_letters: StreamState

    @property
    def atomic_replay(self) -> bool:
        """Whether claim and task can be stored in one atomic batch (server 2.12+, ADR-50)."""
        return (
            self.server.api_level >= ATOMIC_BATCH_LEVEL
            and self.work_queue.allow_atomic
            and self.names.replays in self.work_queue.subjects
        )

    @property
    def dlq_generation(self) -> str:
        """A token for this life of the DLQ stream, whose sequences begin anew with each."""
        return generation(self.dead_letters.created)


def generation(created: str) -> str:
    """Return the token of a stream's life, from the time it was created as the server tells it."""
    return "".join(char for char in created if char.isdigit())


async def ensure(
    api: Api, names: QueueNames, replicas: int = 1, refused: Refused | None = None
) -> tuple[str, ...]:
    """Create the streams and the consumer that are missing; return the names of those created.

    What exists is left as it is, whatever its configuration; so is the dead letters' subject where
    another stream already takes it (the Go worker's work queue does). The one exception is a
    subject that an interrupted migration left without a stream: the work queue gets it back.
    The side streams are made only together with the work queue: beside one that somebody else made
    nothing appears unasked.

    With `refused` a side stream that the server does not allow (for want of storage, say) is told
    to it, and the rest is created all the same.

    Raises:
        SubjectTakenError: another stream has the tasks' subject or the claims'; nothing was made.
        ApiError: the server does not allow the work queue or the consumer.
    """
    server = await server_state(api)
    topology = declared(names, server.api_level, replicas)
    created: list[str] = []
    if await find_stream(api, names.stream) is None:
        await _check_subjects(api, topology.work_queue)
        # First, so that an interruption leaves the work queue missing and none of these for good.
        created += await _create_side_streams(api, topology, refused)
        if await create_stream(api, topology.work_queue):
            created.append(topology.work_queue.name)
    if await _ensure_dead_letters(api, names, topology.dead_letters):
        created.append(topology.dead_letters.name)
    if await create_consumer(api, topology.consumer):
        created.append(topology.consumer.name)
    return tuple(created)


async def discover(api: Api, names: QueueNames) -> Layout:
    """Return where the queue's parts lie.

    While dead letters move out of the work queue they count as lying there, until the moment that
    their own stream holds all of them.

    Raises:
        NoQueueError: no work queue, or nothing takes the dead letters' subject.
    """
    server = await server_state(api)
    home = await stream_of_subject(api, names.dlq)
    if home is None and await half_moved(api, names):
        home = names.stream
    work_queue = await find_stream(api, names.stream)
    if work_queue is None:
        raise NoQueueError(f"there is no stream {names.stream}: start a worker, it creates it")
    dead_letters = await find_stream(api, home, names.dlq) if home else None
    if dead_letters is None:
        raise NoQueueError(f"no stream takes {names.dlq}: start a worker, it creates one")
    return Layout(names, server, work_queue, dead_letters)


async def half_moved(api: Api, names: QueueNames) -> bool:
    """Return whether the dead letters' own stream is there and not open for them yet."""
    stream = await find_stream(api, names.dlq_stream)
    return stream is not None and names.moving_dlq in stream.subjects


async def give_back(api: Api, names: QueueNames) -> None:
    """Have the work queue take the dead letters' subject again.

    Nothing happens where another stream took it meanwhile.
    """
    config = (await api.request(f"STREAM.INFO.{names.stream}"))["config"]
    subjects = config.get("subjects") or []
    if names.dlq in subjects:
        return
    changed = {**config, "subjects": [*subjects, names.dlq]}
    try:
        await api.request(f"STREAM.UPDATE.{names.stream}", changed)
    except ApiError as error:
        if error.err_code != SUBJECTS_OVERLAP:
            raise


async def ensure_claims(api: Api, layout: Layout) -> str:
    """Return the stream that takes replay claims, created if it is missing."""
    spec = claims_stream(layout.names, layout.work_queue.replicas)
    return await ensure_stream(api, layout.names.replays, spec)


async def ensure_stream(api: Api, subject: str, spec: StreamSpec) -> str:
    """Return the stream that takes `subject`, created as `spec` says if none does.

    Raises:
        ApiError: the server does not allow it.
    """
    home = await stream_of_subject(api, subject)
    if home is not None:
        return home
    await create_stream(api, spec)
    return spec.name


async def create_stream(api: Api, spec: StreamSpec) -> bool:
    """Create a stream unless one of its name exists; return whether it was created."""
    if await find_stream(api, spec.name) is not None:
        return False
    try:
        await api.request(f"STREAM.CREATE.{spec.name}", stream_config(spec))
    except ApiError as error:
        if error.err_code == STREAM_NAME_IN_USE:
            return False
        raise
    return True


async def create_consumer(api: Api, spec: ConsumerSpec) -> bool:
    """Create the consumer unless one of its name exists; return whether it was created."""
    if await find_consumer(api, spec.stream, spec.name) is not None:
        return False
    verb = f"CONSUMER.CREATE.{spec.stream}.{spec.name}.{spec.filter_subject}"
    body = {"stream_name": spec.stream, "action": "create", "config": consumer_config(spec)}
    try:
        await api.request(verb, body)
    except ApiError:
        if await find_consumer(api, spec.stream, spec.name) is not None:
            return False
        raise
    return True


async def find_consumer(api: Api, stream: str, consumer: str) -> ConsumerState | None:
    """Return the consumer, or None where there is none."""
    try:
        return await consumer_state(api, stream, consumer)
    except ApiError as error:
        if error.err_code in (CONSUMER_NOT_FOUND, STREAM_NOT_FOUND):
            return None
        raise


async def _check_subjects(api: Api, spec: StreamSpec) -> None:
    """Refuse a stream that the server would, before anything is made that stands beside it."""
    for subject in spec.subjects:
        home = await stream_of_subject(api, subject)
        if home not in (None, spec.name):
            raise SubjectTakenError(
                f"the stream {spec.name} cannot be created: {home} has the subject {subject}; "
                "give the --stream and --prefix that belong together"
            )


async def _ensure_dead_letters(api: Api, names: QueueNames, spec: StreamSpec) -> bool:
    if await stream_of_subject(api, names.dlq) is not None:
        return False
    if await half_moved(api, names):
        await give_back(api, names)
        return False
    return await create_stream(api, spec)


async def _create_side_streams(api: Api, topology: Topology, refused: Refused | None) -> list[str]:
    claims = (topology.claims,) if topology.claims else ()
    created: list[str] = []
    for spec in (*claims, *topology.side_streams):
        try:
            if await create_stream(api, spec):
                created.append(spec.name)
        except ApiError as error:
            if refused is None:
                raise
            refused(spec.name, error)
    return created
