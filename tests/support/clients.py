"""NATS clients for tests, closed whatever happens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
from nats.aio.client import Client

from tests.support.nats_server import NatsServer


@asynccontextmanager
async def connected(
    server: NatsServer, *, user: str | None = None, password: str | None = None
) -> AsyncIterator[Client]:
    """A client that does not reconnect, closed at the end."""
    client = await nats.connect(
        server.url, allow_reconnect=False, connect_timeout=2, user=user, password=password
    )
    try:
        yield client
    finally:
        await client.close()
