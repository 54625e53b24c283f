"""Where and how to connect, and what happens to a connection: plain values, no NATS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

LinkEvent = Literal["trying", "connected", "disconnected", "reconnected", "error", "closed"]


@dataclass(frozen=True, slots=True)
class LinkChange:
    """Something happened to the connection.

    `detail` says what, for an operator to read; `attempt` counts the failed tries since it was up.
    `refused` tells an error by which the server said no to who we are.
    """

    event: LinkEvent
    detail: str = ""
    attempt: int = 0
    refused: bool = False


Listener = Callable[[LinkChange], None]

SCHEMES = ("nats", "tls", "ws", "wss")


def parse_servers(text: str) -> tuple[str, ...]:
    """Return the NATS URLs in a list separated by commas.

    Raises:
        ValueError: there is none, or one that no server can be at.
    """
    servers = tuple(part.strip() for part in text.split(",") if part.strip())
    if not servers:
        raise ValueError("give a NATS URL, such as nats://nats.example:4222")
    for server in servers:
        scheme, separator, _ = server.partition("://")
        if separator and scheme not in SCHEMES:
            raise ValueError(f"a NATS URL begins with {', '.join(SCHEMES)} and ://")
        try:
            parts = urlsplit(server if separator else f"nats://{server}")
            usable = bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("a NATS URL is nats://HOST:PORT")
    return servers


def without_user(servers: str) -> str:
    """Return a list of NATS URLs without the names and passwords that stand in them."""
    bare = []
    for server in servers.split(","):
        scheme, separator, rest = server.strip().rpartition("://")
        bare.append(f"{scheme}{separator}{rest.rpartition('@')[2]}")
    return ",".join(bare)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are. At most one way is used: user, token, creds file or nkey seed file."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    creds: str = ""
    nkey: str = ""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Certificates, as PEM files: whom we trust, and who we are.

    `first` starts TLS before the server's greeting, for servers set to `handshake_first`.
    """

    ca: str = ""
    cert: str = ""
    key: str = ""
    first: bool = False

    @property
    def is_set(self) -> bool:
        """Whether anything about TLS was asked for."""
        return bool(self.ca or self.cert or self.key or self.first)


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """Where and how to connect. `servers` are NATS URLs; `name` is what the server lists."""

    servers: tuple[str, ...] = ("nats://localhost:4222",)
    name: str = "farutech"
    credentials: Credentials = field(default_factory=Credentials)
    tls: TlsFiles = field(default_factory=TlsFiles)
    api_prefix: str = "$JS.API"
    inbox_prefix: str = "_INBOX"
