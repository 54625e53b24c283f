"""Another client of the same account, as the server lists it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.model.clock import parse_rfc3339
from worker.model.text import literal

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Peer:
    """A connection. `server` and `cid` name it; texts that the client chose are made literal."""

    server: str
    cid: int
    name: str
    lang: str
    version: str
    address: str
    started_at: datetime | None
    subscriptions: tuple[str, ...]

    @property
    def key(self) -> str:
        """What no other connection is called, also not after a restart of the server."""
        began = self.started_at.isoformat() if self.started_at else ""
        return f"{self.server}/{self.cid}/{began}"

    def listens(self, subject: str) -> bool:
        """Whether a message to this reply subject reaches it, an inbox with a wildcard counted."""
        return any(
            subject == mine or (mine.endswith(".*") and subject.rpartition(".")[0] == mine[:-2])
            for mine in self.subscriptions
        )


def read_peers(answer: Mapping[str, Any]) -> tuple[Peer, ...]:
    """Return the connections in one server's answer to `CONNZ`; what cannot be read is left out."""
    data = answer.get("data")
    if not isinstance(data, Mapping):
        return ()
    server = str(data.get("server_id", ""))
    listed = data.get("connections")
    rows = listed if isinstance(listed, Sequence) else ()
    return tuple(_peer(server, row) for row in rows if isinstance(row, Mapping))


def _peer(server: str, row: Mapping[str, Any]) -> Peer:
    subscriptions = row.get("subscriptions_list")
    return Peer(
        server=server,
        cid=_number(row, "cid"),
        name=_text(row, "name"),
        lang=_text(row, "lang"),
        version=_text(row, "version"),
        address=f"{_text(row, 'ip')}:{_number(row, 'port')}",
        started_at=parse_rfc3339(_text(row, "start")),
        subscriptions=tuple(map(str, subscriptions)) if isinstance(subscriptions, list) else (),
    )


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return literal(value, LONGEST_NAME) if isinstance(value, str) else ""


def _number(row: Mapping[str, Any], key: str) -> int:
    value = row.get(key)
    return value if type(value) is int else 0
