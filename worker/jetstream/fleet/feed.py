"""The passive feed: what happens to tasks, overheard, of a fleet that was never instrumented."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import NamedTuple

from worker.jetstream.connect.connection import Connection
from worker.jetstream.wire.denials import Denial
from worker.jetstream.wire.parser import Receive
from worker.model.heard import HeardKind
from worker.model.names import QueueNames


class Heard(NamedTuple):
    """One message overheard. A named tuple, because one is made for each."""

    kind: HeardKind
    subject: str
    body: bytes


@contextlib.asynccontextmanager
async def overhear(
    connection: Connection,
    names: QueueNames,
    heard: Callable[[Heard], None],
    deaf: Callable[[HeardKind], None] = lambda _: None,
) -> AsyncIterator[None]:
    """Call `heard` for each task published, acknowledgement, dead letter and exhaustion.

    `deaf` is called with a kind that the server does not let us hear, after each connection anew.

    Nothing is configured for it on the server: acknowledgements are plain messages on `$JS.ACK`,
    with domain and account hash before the stream where the server is set to (ADR-15). What was
    said before is not told again, and what the server drops for a slow listener is lost.
    """
    subscriptions = []
    forget = connection.wire.when_denied(partial(_denied, names, deaf))
    try:
        for kind, subject in _subjects(names):
            subscriptions.append(await connection.wire.subscribe(subject, _listener(kind, heard)))
        yield
    finally:
        forget()
        for subscription in subscriptions:
            await subscription.unsubscribe()


def _denied(names: QueueNames, deaf: Callable[[HeardKind], None], denial: Denial) -> None:
    """Of the two subjects of acknowledgements the second is used by few servers: no matter."""
    first = dict(reversed(_subjects(names)))
    for kind, subject in first.items():
        if denial.is_of("subscribe", subject):
            deaf(kind)


def _subjects(names: QueueNames) -> tuple[tuple[HeardKind, str], ...]:
    return (
        ("task", names.tasks),
        ("dead_letter", names.dlq),
        ("acknowledgement", f"$JS.ACK.{names.stream}.{names.consumer}.>"),
        ("acknowledgement", f"$JS.ACK.*.*.{names.stream}.{names.consumer}.>"),
        ("exhausted", names.max_deliveries_advisory),
    )


def _listener(kind: HeardKind, heard: Callable[[Heard], None]) -> Receive:
    def listen(subject: str, _reply: str, _headers: bytes, body: bytes) -> None:
        heard(Heard(kind, subject, body))

    return listen
