"""Changing what exists: the full configuration is read, changed in the fields named, sent back.

So nothing is dropped that this program does not know, and what came of it is read: servers accept
fields that they do not know and drop them (2.10).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.jetstream.api import Api
from worker.jetstream.errors import JetStreamError


class NotTakenError(JetStreamError):
    """The server accepted a change and did not make it."""

    def __init__(self, what: str, fields: list[str]) -> None:
        super().__init__(f"{what}: the server accepted {', '.join(fields)} and left it as it was")
        self.fields = fields


async def stream_configuration(api: Api, stream: str) -> dict[str, Any]:
    """Return the full configuration of a stream, as the server tells it.

    Raises:
        ApiError: `err_code` 10059 where there is no such stream.
    """
    config: dict[str, Any] = (await api.request(f"STREAM.INFO.{stream}"))["config"]
    return config


async def update_stream(api: Api, stream: str, changes: Mapping[str, Any]) -> None:
    """Change fields of a stream's configuration; a field of None is taken out.

    Raises:
        ApiError: the server refused; nothing was changed.
        NotTakenError: the server left a field as it was.
    """
    config = await stream_configuration(api, stream)
    answer = await api.request(f"STREAM.UPDATE.{stream}", _changed(config, changes))
    _check(stream, answer["config"], changes)


async def update_consumer(api: Api, stream: str, consumer: str, changes: Mapping[str, Any]) -> None:
    """Change fields of a consumer's configuration. Its deliveries and their counts stay.

    Raises:
        ApiError: the server refused; nothing was changed.
        NotTakenError: the server left a field as it was.
    """
    info = f"CONSUMER.INFO.{stream}.{consumer}"
    config = (await api.request(info))["config"]
    body = {
        "stream_name": stream,
        "action": "update",
        "config": {"name": consumer, **_changed(config, changes)},
    }
    single = config.get("filter_subject")
    verb = f"CONSUMER.CREATE.{stream}.{consumer}"
    await api.request(f"{verb}.{single}" if single else verb, body)
    # Not from the answer: the first one since the server started tells what was there before.
    _check(consumer, (await api.request(info))["config"], changes)


def _changed(config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**config, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _check(what: str, config: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    ignored = [name for name, value in changes.items() if not _holds(config.get(name), value)]
    if ignored:
        raise NotTakenError(what, ignored)


def _holds(found: object, wanted: object) -> bool:
    """Return whether the server has what was asked for; it adds metadata of its own."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return all(found.get(name) == value for name, value in wanted.items())
    if isinstance(found, list) and isinstance(wanted, list):
        return sorted(found) == sorted(wanted)
    return (found or None) == (wanted or None)
