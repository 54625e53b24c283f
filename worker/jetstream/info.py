"""Stream, consumer and server information: the server's JSON to frozen models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from worker.jetstream.api import Api
from worker.jetstream.errors import STREAM_NOT_FOUND, ApiError
from worker.model.clock import parse_rfc3339
from worker.model.state import ConsumerState, ServerState, StreamState

NANOSECONDS = 1_000_000_000


async def stream_state(api: Api, stream: str, subjects: str | None = None) -> StreamState:
    """Return the stream; with `subjects` also the number of messages under each that matches.

    Raises:
        ApiError: `err_code` 10059 where there is no such stream.
    """
    body = {"subjects_filter": subjects} if subjects else None
    return decode_stream(await api.request(f"STREAM.INFO.{stream}", body))


async def find_stream(api: Api, stream: str, subjects: str | None = None) -> StreamState | None:
    """Return the stream, or None where there is none."""
    try:
        return await stream_state(api, stream, subjects)
    except ApiError as error:
        if error.err_code == STREAM_NOT_FOUND:
            return None
        raise


async def stream_of_subject(api: Api, subject: str) -> str | None:
    """Return the name of the stream that takes `subject`, or None."""
    answer = await api.request("STREAM.NAMES", {"subject": subject})
    names = answer.get("streams") or []
    return str(names[0]) if names else None


async def consumer_state(api: Api, stream: str, consumer: str) -> ConsumerState:
    """Return the consumer.

    Raises:
        ApiError: `err_code` 10014 where there is no such consumer, 10059 no such stream.
    """
    return decode_consumer(await api.request(f"CONSUMER.INFO.{stream}.{consumer}"))


async def server_state(api: Api) -> ServerState:
    """Return the connected server and its JetStream API level.

    Raises:
        NoJetStreamError: the account has no JetStream.
    """
    account = await api.request("INFO")
    level = int(account.get("api", {}).get("level", 0))
    return replace(greeted(api), api_level=level, domain=str(account.get("domain", "")))


def greeted(api: Api) -> ServerState:
    """Return what the server said of itself when it greeted us; its API level is not among it."""
    client = api.client
    said = client._server_info  # noqa: SLF001 - nats-py has no other access to the server's name
    url = client.connected_url
    return ServerState(
        name=str(said.get("server_name", "")),
        version=str(said.get("version", "")),
        api_level=0,
        max_payload=client.max_payload,
        cluster=str(said.get("cluster", "")),
        url=url.netloc.rpartition("@")[2] if url else "",
    )


def seen_from(api: Api) -> Mapping[str, str | int]:
    """Return where this connection comes from as the server sees it, what it told of that.

    The keys are `ip`, `client` (the connection's number on that server), `server` (its name), and
    `server_id`, which is another after each of its restarts.
    """
    said = api.client._server_info  # noqa: SLF001 - nats-py has no other access to it
    known = (
        ("ip", "client_ip"),
        ("client", "client_id"),
        ("server", "server_name"),
        ("server_id", "server_id"),
    )
    return {name: said[key] for name, key in known if isinstance(said.get(key), str | int)}


def decode_stream(answer: Mapping[str, Any]) -> StreamState:
    """Return the model of a `STREAM.INFO` answer."""
    config, state = answer["config"], answer["state"]
    cluster = answer.get("cluster") or {}
    max_age = config.get("max_age", 0)
    return StreamState(
        name=config["name"],
        created=str(answer.get("created", "")),
        subjects=tuple(config.get("subjects") or ()),
        messages=state["messages"],
        bytes=state["bytes"],
        first_sequence=state["first_seq"],
        last_sequence=state["last_seq"],
        first_time=_time(state.get("first_ts")),
        last_time=_time(state.get("last_ts")),
        retention=config.get("retention", ""),
        storage=config.get("storage", ""),
        replicas=config.get("num_replicas", 1),
        max_age=max_age / NANOSECONDS if max_age else None,
        allow_direct=bool(config.get("allow_direct", False)),
        allow_atomic=bool(config.get("allow_atomic", False)),
        leader=cluster.get("leader", ""),
        cluster=cluster.get("name", ""),
        subject_counts=dict(state.get("subjects") or {}),
        told_at=_time(answer.get("ts")),
    )


def decode_consumer(answer: Mapping[str, Any]) -> ConsumerState:
    """Return the model of a `CONSUMER.INFO` answer."""
    config, delivered, floor = answer["config"], answer["delivered"], answer["ack_floor"]
    return ConsumerState(
        name=answer["name"],
        stream=answer["stream_name"],
        created=str(answer.get("created", "")),
        pending=answer["num_pending"],
        ack_pending=answer["num_ack_pending"],
        redelivered=answer["num_redelivered"],
        waiting=answer["num_waiting"],
        delivered_stream_sequence=delivered["stream_seq"],
        delivered_consumer_sequence=delivered["consumer_seq"],
        ack_floor_stream_sequence=floor["stream_seq"],
        ack_floor_consumer_sequence=floor["consumer_seq"],
        last_delivered_at=_time(delivered.get("last_active")),
        ack_wait=config.get("ack_wait", 0) / NANOSECONDS,
        max_deliver=config.get("max_deliver", -1),
        max_ack_pending=config.get("max_ack_pending", -1),
        paused=bool(answer.get("paused", False)),
        pause_remaining=answer.get("pause_remaining", 0) / NANOSECONDS,
        leader=(answer.get("cluster") or {}).get("leader", ""),
    )


def _time(text: str | None) -> datetime | None:
    return parse_rfc3339(text) if text else None
