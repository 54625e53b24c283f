"""Declared streams and consumers as the server's configurations, and back again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.jetstream.info import NANOSECONDS
from worker.model.topology import ConsumerSpec, StreamSpec

STREAM_FIELDS: Mapping[str, str] = {
    "subjects": "subjects",
    "retention": "retention",
    "storage": "storage",
    "discard": "discard",
    "max_age": "max_age",
    "max_bytes": "max_bytes",
    "duplicate_window": "duplicate_window",
    "max_per_subject": "max_msgs_per_subject",
    "replicas": "num_replicas",
    "allow_direct": "allow_direct",
    "allow_atomic": "allow_atomic",
    "allow_rollup": "allow_rollup_hdrs",
    "deny_delete": "deny_delete",
    "deny_purge": "deny_purge",
}
"""What the server calls each setting of a `StreamSpec`."""

CONSUMER_FIELDS: Mapping[str, str] = {
    "ack_wait": "ack_wait",
    "max_deliver": "max_deliver",
    "max_ack_pending": "max_ack_pending",
}
"""What the server calls those settings of a `ConsumerSpec` that can be changed."""


def stream_config(spec: StreamSpec) -> Mapping[str, Any]:
    """Return the server's configuration for a declared stream."""
    config: dict[str, Any] = {
        "name": spec.name,
        "subjects": list(spec.subjects),
        "description": spec.description,
        "retention": spec.retention,
        "storage": spec.storage,
        "discard": spec.discard,
        "num_replicas": spec.replicas,
        "max_age": _nanoseconds(spec.max_age),
        "max_msgs_per_subject": spec.max_per_subject or -1,
        "max_msgs": -1,
        "max_bytes": spec.max_bytes or -1,
        "max_consumers": -1,
        "max_msg_size": -1,
        "allow_direct": spec.allow_direct,
        "allow_rollup_hdrs": spec.allow_rollup,
        "deny_delete": spec.deny_delete,
        "deny_purge": spec.deny_purge,
    }
    if spec.duplicate_window is not None:
        config["duplicate_window"] = _nanoseconds(spec.duplicate_window)
    if spec.allow_atomic:
        config["allow_atomic"] = True
    return config


def stream_spec(config: Mapping[str, Any]) -> StreamSpec:
    """Return a stream's configuration as the server tells it, without what we never declare."""
    return StreamSpec(
        name=config["name"],
        subjects=tuple(config.get("subjects") or ()),
        description=config.get("description", ""),
        retention=config.get("retention", ""),
        storage=config.get("storage", ""),
        discard=config.get("discard", ""),
        max_age=_seconds(config.get("max_age", 0)),
        max_bytes=max(config.get("max_bytes", 0), 0),
        duplicate_window=_seconds(config.get("duplicate_window", 0)),
        max_per_subject=max(config.get("max_msgs_per_subject", 0), 0),
        replicas=config.get("num_replicas", 1),
        allow_direct=bool(config.get("allow_direct", False)),
        allow_atomic=bool(config.get("allow_atomic", False)),
        allow_rollup=bool(config.get("allow_rollup_hdrs", False)),
        deny_delete=bool(config.get("deny_delete", False)),
        deny_purge=bool(config.get("deny_purge", False)),
    )


def consumer_config(spec: ConsumerSpec) -> Mapping[str, Any]:
    """Return the server's configuration for the declared consumer."""
    return {
        "durable_name": spec.name,
        "name": spec.name,
        "filter_subject": spec.filter_subject,
        "deliver_policy": "all",
        "ack_policy": spec.ack_policy,
        "replay_policy": "instant",
        "ack_wait": _nanoseconds(spec.ack_wait),
        "max_deliver": spec.max_deliver,
        "max_ack_pending": spec.max_ack_pending,
    }


def consumer_spec(stream: str, name: str, config: Mapping[str, Any]) -> ConsumerSpec:
    """Return a consumer's configuration as the server tells it.

    Of several filter subjects all are named, joined by commas.
    """
    filters = config.get("filter_subjects") or [config.get("filter_subject", "")]
    return ConsumerSpec(
        stream=stream,
        name=name,
        filter_subject=",".join(filters),
        ack_wait=_seconds(config.get("ack_wait", 0)) or 0.0,
        max_deliver=config.get("max_deliver", -1),
        max_ack_pending=config.get("max_ack_pending", -1),
        ack_policy=config.get("ack_policy", ""),
    )


def _nanoseconds(seconds: float | None) -> int:
    return 0 if seconds is None else round(seconds * NANOSECONDS)


def _seconds(nanoseconds: int) -> float | None:
    return nanoseconds / NANOSECONDS if nanoseconds else None
