"""One question, and all the answers to it: how many will come, nobody knows."""

from __future__ import annotations

import asyncio
import contextlib

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from worker.jetstream.connect.connection import Connection
from worker.jetstream.errors import NotAllowedError, UnreachableError
from worker.jetstream.wire.denials import Denial, denied_in_words, no_answers_in_words

NO_RESPONDERS = "503"
MOST_ANSWERS = 10_000


async def gather_answers(
    connection: Connection, subject: str, body: bytes = b"", *, within: float, quiet: float
) -> list[tuple[float, bytes]]:
    """Return all answers to one message, each with the seconds that it took.

    Waits until nobody answered for `quiet` seconds, `within` seconds at most; not at all where the
    server says that nobody listens.

    Raises:
        NotAllowedError: the server forbids it.
        UnreachableError: no server is connected.
    """
    if not connection.is_connected:
        raise UnreachableError(f"{subject}: not connected")
    client, loop = connection.client, asyncio.get_running_loop()
    inbox = client.new_inbox()
    found: asyncio.Queue[Msg | NotAllowedError] = asyncio.Queue(MOST_ANSWERS)

    async def take(message: Msg) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            found.put_nowait(message)

    def refused(denial: Denial) -> None:
        if why := _refusal(denial, subject, inbox):
            with contextlib.suppress(asyncio.QueueFull):
                found.put_nowait(NotAllowedError(why))

    forget = connection.wire.when_denied(refused)
    try:
        subscription = await client.subscribe(inbox, cb=take)
        asked_at = loop.time()
        await client.publish(subject, body, reply=inbox)
    except NatsError as error:
        forget()
        raise UnreachableError(f"{subject}: {error}") from error
    answers: list[tuple[float, bytes]] = []
    try:
        async with asyncio.timeout(within):
            while True:
                async with asyncio.timeout(quiet if answers else within):
                    message = await found.get()
                if isinstance(message, NotAllowedError):
                    raise message
                if not message.data and (message.headers or {}).get("Status") == NO_RESPONDERS:
                    break
                answers.append((loop.time() - asked_at, message.data))
    except TimeoutError:
        pass
    finally:
        forget()
        with contextlib.suppress(NatsError):
            await subscription.unsubscribe()
    return answers


def _refusal(denial: Denial, subject: str, inbox: str) -> str:
    """Return what is refused of asking there, in words; empty where another is refused."""
    if denial.is_of("publish", subject):
        return denied_in_words("publish", subject)
    return no_answers_in_words(inbox) if denial.is_of("subscribe", inbox) else ""
