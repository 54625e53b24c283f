"""The other clients of the account, and which of them pull tasks: also those that never tell.

Measured on 2.10.26 to 2.15.1: `$SYS.REQ.ACCOUNT.PING.CONNZ` answers an ordinary client of the
account, with the subscriptions of each connection. Who pulls names an inbox in the request, and
the connection that has subscribed to that inbox is the one that pulls.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from worker.jetstream.connect.connection import Connection
from worker.jetstream.connect.gather import gather_answers
from worker.jetstream.errors import NotAllowedError, UnreachableError
from worker.model.names import QueueNames
from worker.model.peer import Peer, read_peers

LISTING = "$SYS.REQ.ACCOUNT.PING.CONNZ"
MOST_INBOXES = 10_000
MOST_PEERS = 1024
"""Connections of each server that are asked for: its own default."""


async def peers(
    connection: Connection, *, within: float = 1.0, quiet: float = 0.25
) -> tuple[Peer, ...] | None:
    """Return the connections of this account, None where no server tells: we may not ask, say.

    Raises:
        UnreachableError: no server is connected.
    """
    body = json.dumps({"subscriptions": True, "limit": MOST_PEERS}).encode()
    try:
        answers = await gather_answers(connection, LISTING, body, within=within, quiet=quiet)
    except NotAllowedError:
        return None
    found: list[Peer] = []
    told = False
    for _, data in answers:
        with contextlib.suppress(ValueError, RecursionError):
            answer = json.loads(data)
            if isinstance(answer, dict) and "data" in answer:
                told = True
                found += read_peers(answer)
    return tuple(found) if told else None


@contextlib.asynccontextmanager
async def overhearing_pulls(connection: Connection, names: QueueNames) -> AsyncIterator[set[str]]:
    """Note the inboxes of those who pull from the consumer, while the block lasts.

    Raises:
        UnreachableError: no server is connected.
    """
    inboxes: set[str] = set()

    async def take(message: Msg) -> None:
        if message.reply and len(inboxes) < MOST_INBOXES:
            inboxes.add(message.reply)

    verb = f"CONSUMER.MSG.NEXT.{names.stream}.{names.consumer}"
    try:
        subscription = await connection.client.subscribe(connection.api.subject(verb), cb=take)
    except NatsError as error:
        raise UnreachableError(f"{verb}: {error}") from error
    try:
        yield inboxes
    finally:
        with contextlib.suppress(NatsError):
            await subscription.unsubscribe()


@dataclass(frozen=True, slots=True)
class Overheard:
    """The connections of the account, and the inboxes of those who pulled while we listened."""

    listed: tuple[Peer, ...]
    inboxes: frozenset[str]

    def pulled(self, peer: Peer) -> bool:
        """Whether this connection pulled tasks."""
        return any(peer.listens(inbox) for inbox in self.inboxes)


async def overhear_pulls(
    connection: Connection, names: QueueNames, listen: float
) -> Overheard | None:
    """Return who is there and who pulls in the next `listen` seconds, None where none is told.

    Raises:
        UnreachableError: no server is connected.
    """
    async with overhearing_pulls(connection, names) as inboxes:
        await asyncio.sleep(listen)
        listed = await peers(connection)
    return None if listed is None else Overheard(listed, frozenset(inboxes))
