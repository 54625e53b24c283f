"""Everything on a server that is declared, read for comparison. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.jetstream.api import Api
from worker.jetstream.info import server_state, stream_of_subject
from worker.jetstream.migration.claims import letters_claimed
from worker.jetstream.migration.marks import read_marks
from worker.jetstream.topology.answers import find_raw_stream, raw_consumers
from worker.jetstream.topology.configs import consumer_spec, stream_spec
from worker.model.clock import parse_rfc3339
from worker.model.names import QueueNames
from worker.model.topology import Topology, declared
from worker.model.topology_found import Found, FoundConsumer, FoundStream, covers


async def survey(
    api: Api, names: QueueNames, replicas: int | None = None
) -> tuple[Topology, Found]:
    """Return what is declared for this server, and what of it is there.

    Without `replicas` the declared streams have as many as the work queue has.
    """
    server = await server_state(api)
    raw_queue = await find_raw_stream(api, names.stream, names.dlq)
    theirs = raw_queue["config"].get("num_replicas", 1) if raw_queue else 1
    topology = declared(names, server.api_level, replicas or theirs)
    raw = {names.stream: raw_queue} if raw_queue else {}
    for name in _names(topology, names):
        found = await find_raw_stream(api, name, names.dlq) if name not in raw else None
        if found is not None:
            raw[name] = found
    home = await stream_of_subject(api, names.dlq) or ""
    consumers = await raw_consumers(api, names.stream) if raw_queue else []
    ours = next((c for c in consumers if c["name"] == names.consumer), None)
    return topology, Found(
        server=server,
        streams={name: _stream(answer, names) for name, answer in raw.items()},
        consumer=_consumer(names, ours) if ours else None,
        dlq_home=home,
        letter_readers=tuple(c["name"] for c in consumers if _takes_letters(c, names)),
        open_claims=await letters_claimed(api, names),
        pause_left_behind=_pause_left_behind(raw.get(names.dlq_stream), consumers),
    )


def _takes_letters(consumer: Mapping[str, Any], names: QueueNames) -> bool:
    """Return whether a consumer of the work queue takes dead letters."""
    config = consumer["config"]
    filters = config.get("filter_subjects") or [config.get("filter_subject") or ">"]
    return any(covers(pattern, names.dlq) for pattern in filters)


def _names(topology: Topology, names: QueueNames) -> list[str]:
    declared_here = (topology.work_queue, topology.dead_letters, *topology.side_streams)
    return [*(spec.name for spec in declared_here), names.replays_stream]


def _stream(answer: Mapping[str, Any], names: QueueNames) -> FoundStream:
    state = answer["state"]
    now, first = parse_rfc3339(answer.get("ts", "")), parse_rfc3339(state.get("first_ts", ""))
    oldest = (now - first).total_seconds() if now and first and state["messages"] else None
    return FoundStream(
        spec=stream_spec(answer["config"]),
        messages=state["messages"],
        oldest=oldest,
        letters=(state.get("subjects") or {}).get(names.dlq, 0),
        clustered=bool((answer.get("cluster") or {}).get("name")),
    )


def _consumer(names: QueueNames, answer: Mapping[str, Any]) -> FoundConsumer:
    return FoundConsumer(
        spec=consumer_spec(names.stream, names.consumer, answer["config"]),
        ack_pending=answer["num_ack_pending"],
        waiting=answer.get("num_waiting", 0),
        pulled=not answer["config"].get("deliver_subject"),
    )


def _pause_left_behind(
    dead_letters: Mapping[str, Any] | None, consumers: list[dict[str, Any]]
) -> bool:
    ours = read_marks(dead_letters["config"]).paused_until if dead_letters else None
    return ours is not None and any(
        consumer.get("paused") and parse_rfc3339(consumer["config"].get("pause_until", "")) == ours
        for consumer in consumers
    )
