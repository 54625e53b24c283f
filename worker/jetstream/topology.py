"""Streams and the consumer on the server: create what is missing, change nothing that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.jetstream.api import Api
from worker.jetstream.errors import CONSUMER_NOT_FOUND, STREAM_NAME_IN_USE, ApiError
from worker.jetstream.info import (
    NANOSECONDS,
    consumer_state,
    find_stream,
    server_state,
    stream_of_subject,
)
from worker.model.names import QueueNames
from worker.model.state import ConsumerState, ServerState, StreamState
from worker.model.topology import (
    ATOMIC_BATCH_LEVEL,
    ConsumerSpec,
    StreamSpec,
    claims_stream,
    declared,
)


class NoQueueError(Exception):
    """The work queue or its dead letters do not exist on this server."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the queue's parts lie on this server, whoever made them."""

    names: QueueNames
    server: ServerState
    work_queue: StreamState
    dead_letters: StreamState

    @property
    def dead_letters_expire(self) -> bool:
        """Whether the stream that holds the dead letters drops them by age."""
        return self.dead_letters.max_age is not None

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
        return "".join(char for char in self.dead_letters.created if char.isdigit())


async def ensure(api: Api, names: QueueNames, replicas: int = 1) -> tuple[str, ...]:
    """Create the streams and the consumer that are missing; return the names of those created.

    What exists is left as it is, whatever its configuration; so is the dead letters' subject where
    another stream already takes it (the Go worker's work queue does).
    """
    server = await server_state(api)
    topology = declared(names, server.api_level, replicas)
    created: list[str] = []
    if await create_stream(api, topology.work_queue):
        created.append(topology.work_queue.name)
    if await stream_of_subject(api, names.dlq) is None and await create_stream(
        api, topology.dead_letters
    ):
        created.append(topology.dead_letters.name)
    if await create_consumer(api, topology.consumer):
        created.append(topology.consumer.name)
    return tuple(created)


async def discover(api: Api, names: QueueNames) -> Layout:
    """Return where the queue's parts lie.

    Raises:
        NoQueueError: no work queue, or nothing takes the dead letters' subject.
    """
    server = await server_state(api)
    work_queue = await find_stream(api, names.stream)
    if work_queue is None:
        raise NoQueueError(f"there is no stream {names.stream}: start a worker, it creates it")
    home = await stream_of_subject(api, names.dlq)
    dead_letters = await find_stream(api, home, names.dlq) if home else None
    if dead_letters is None:
        raise NoQueueError(f"no stream takes {names.dlq}: start a worker, it creates one")
    return Layout(names, server, work_queue, dead_letters)


async def ensure_claims(api: Api, layout: Layout) -> str:
    """Return the stream that takes replay claims, created if it is missing."""
    home = await stream_of_subject(api, layout.names.replays)
    if home is not None:
        return home
    spec = claims_stream(layout.names, layout.work_queue.replicas)
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
        if error.err_code == CONSUMER_NOT_FOUND:
            return None
        raise


def stream_config(spec: StreamSpec) -> Mapping[str, Any]:
    """Return the server's configuration for a declared stream."""
    config: dict[str, Any] = {
        "name": spec.name,
        "subjects": list(spec.subjects),
        "description": spec.description,
        "retention": spec.retention,
        "storage": "file",
        "discard": spec.discard,
        "num_replicas": spec.replicas,
        "max_age": _nanoseconds(spec.max_age),
        "max_msgs_per_subject": spec.max_per_subject or -1,
        "max_msgs": -1,
        "max_bytes": -1,
        "max_consumers": -1,
        "max_msg_size": -1,
        "allow_direct": spec.allow_direct,
    }
    if spec.duplicate_window is not None:
        config["duplicate_window"] = _nanoseconds(spec.duplicate_window)
    if spec.allow_atomic:
        config["allow_atomic"] = True
    return config


def consumer_config(spec: ConsumerSpec) -> Mapping[str, Any]:
    """Return the server's configuration for the declared consumer."""
    return {
        "durable_name": spec.name,
        "name": spec.name,
        "filter_subject": spec.filter_subject,
        "deliver_policy": "all",
        "ack_policy": "explicit",
        "replay_policy": "instant",
        "ack_wait": _nanoseconds(spec.ack_wait),
        "max_deliver": spec.max_deliver,
        "max_ack_pending": spec.max_ack_pending,
    }


def _nanoseconds(seconds: float | None) -> int:
    return 0 if seconds is None else round(seconds * NANOSECONDS)
