"""What a survey of a server finds, made up: as declared, as Go made it, and with changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from worker.model.names import QueueNames
from worker.model.state import ServerState
from worker.model.topology import declared
from worker.model.topology_changes import Difference
from worker.model.topology_diff import differences
from worker.model.topology_found import Found, FoundConsumer, FoundStream

NAMES = QueueNames()
LEVELS = {"2.10.26": 0, "2.11.11": 1, "2.12.8": 3, "2.15.1": 5}


def server(version: str = "2.15.1") -> ServerState:
    return ServerState("s1", version, LEVELS[version], 1024 * 1024)


def as_declared(version: str = "2.15.1") -> Found:
    topology = declared(NAMES, LEVELS[version])
    specs = [topology.work_queue, topology.dead_letters, *topology.side_streams]
    specs += [topology.claims] if topology.claims else []
    return Found(
        server=server(version),
        streams={spec.name: FoundStream(spec) for spec in specs},
        consumer=FoundConsumer(topology.consumer),
        dlq_home=NAMES.dlq_stream,
    )


def as_go_made_it(version: str = "2.15.1", **changes: Any) -> Found:
    """What Go creates, with everything else as declared; `changes` are those of `Found`."""
    topology = declared(NAMES, 0)
    stream = replace(
        topology.work_queue,
        subjects=(NAMES.tasks, NAMES.dlq),
        allow_direct=False,
        duplicate_window=120.0,
    )
    found = as_declared(version)
    streams = dict(found.streams) | {NAMES.stream: FoundStream(stream, 30, 60.0, letters=12)}
    del streams[NAMES.dlq_stream]
    consumer = FoundConsumer(replace(topology.consumer, max_ack_pending=1000))
    return replace(found, streams=streams, consumer=consumer, dlq_home=NAMES.stream, **changes)


def plan(found: Found, names: QueueNames = NAMES) -> dict[str, Difference]:
    topology = declared(names, found.server.api_level)
    return {d.what: d for d in differences(topology, names, found)}


def with_stream(found: Found, name: str, **changes: Any) -> Found:
    """The same, with one stream's settings changed; or its state, where `FoundStream` has it."""
    old = found.streams[name]
    state = {key: changes.pop(key) for key in tuple(changes) if hasattr(old, key)}
    new = replace(old, spec=replace(old.spec, **changes), **state)
    return replace(found, streams=dict(found.streams) | {name: new})


def with_consumer(found: Found, **changes: Any) -> Found:
    assert found.consumer is not None
    state = {key: changes.pop(key) for key in tuple(changes) if hasattr(found.consumer, key)}
    spec = replace(found.consumer.spec, **changes)
    return replace(found, consumer=replace(found.consumer, spec=spec, **state))
