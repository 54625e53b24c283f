"""The wire beneath nats-py: a short way for what comes and goes thousands of times a second.

nats-py spends some 25 µs on a message that a callback gets (regular expressions, two coroutines, a
queue and a task beside the subscription) and 6 on a publish. Here a message of a subscription that
asks for it goes from its bytes to a plain function, and small publishes leave together, once in
each turn of the event loop. All else goes through nats-py, which keeps connection, subscriptions
and reconnects. What is private to nats-py and yet touched, is touched here and in the parser only.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable

from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.errors import BadSubjectError, MaxPayloadError
from nats.errors import Error as NatsError

from worker.jetstream.wire.denials import Denial
from worker.jetstream.wire.parser import Receive, WireParser

_NOT_IN_A_SUBJECT = re.compile(r"[\x00-\x20\x7f]")


class Wire:
    """The short way on one client. Made before the client connects."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._parser = _Parser(client, self)
        self._lines: list[bytes] = []
        self._when_lost: list[Callable[[], None]] = []
        self._when_denied: list[Callable[[Denial], None]] = []
        client._ps = self._parser

    @staticmethod
    def of(client: Client) -> Wire:
        """Return the wire that was made for a client."""
        parser = client._ps
        assert isinstance(parser, _Parser)
        return parser.wire

    def when_lost(self, call: Callable[[], None]) -> None:
        """Have a function called whenever the connection is lost: no answer comes any more."""
        self._when_lost.append(call)

    def when_denied(self, call: Callable[[Denial], None]) -> Callable[[], None]:
        """Have a function called on each refusal; return a function that ends that."""
        self._when_denied.append(call)
        return lambda: self._when_denied.remove(call)

    def denied(self, denial: Denial) -> None:
        """Tell whoever wants to know that the server refused something."""
        for call in tuple(self._when_denied):
            call(denial)

    async def subscribe(self, subject: str, receive: Receive) -> DirectSubscription:
        """Have each message on `subject` handed to `receive` as soon as it is read.

        Through any number of reconnects, and without limits: nothing is ever dropped.
        """
        subscription = await self._client.subscribe(subject)
        return DirectSubscription(self, self._parser.receivers, subscription, receive)

    def put(self, subject: str, body: bytes, reply: str = "", headers: bytes = b"") -> bool:
        """Have a message sent in this turn of the event loop; return whether that is possible.

        All is sent as it is: `subject` and `reply` must come from the server or be checked,
        `headers` be what `header_block` gave, and the whole not too large. What was not sent when
        the connection is lost is dropped.
        """
        if not self._client.is_connected:
            return False
        to = (f"{subject} {reply}" if reply else subject).encode()
        size = len(headers) + len(body)
        if headers:
            frame = b"HPUB %b %d %d\r\n%b%b\r\n" % (to, len(headers), size, headers, body)
        else:
            frame = b"PUB %b %d\r\n%b\r\n" % (to, size, body)
        if not self._lines:
            asyncio.get_running_loop().call_soon(self.flush)
        self._lines.append(frame)
        return True

    def publish(self, subject: str, body: bytes, headers: bytes, reply: str = "") -> bool:
        """Have any message sent in this turn of the event loop; return whether that is possible.

        `headers` are what `header_block` gave, empty for none. What was not sent when the
        connection is lost is dropped.

        Raises:
            BadSubjectError: it would break the protocol; nothing is sent.
            MaxPayloadError: more than the server takes; nothing is sent.
        """
        if not self._client.is_connected:
            return False
        if not subject or _NOT_IN_A_SUBJECT.search(subject):
            raise BadSubjectError
        if len(headers) + len(body) > self._client.max_payload:
            raise MaxPayloadError
        return self.put(subject, body, reply, headers)

    def flush(self) -> None:
        """Hand what was put to the client now: it goes out before anything that follows."""
        if not self._lines:
            return
        count, piece = len(self._lines), b"".join(self._lines)
        self._lines.clear()
        self.put_ready(piece, count)

    @property
    def unsent(self) -> int:
        """Bytes that wait for the socket to take them."""
        return int(self._client._pending_data_size)

    def put_ready(self, piece: bytes, count: int) -> None:
        """Hand the client `count` messages as protocol; dropped where it is not connected."""
        client = self._client
        queue = client._flush_queue
        if not client.is_connected or queue is None:
            return
        client._pending.append(piece)
        client._pending_data_size += len(piece)
        client.stats["out_msgs"] += count
        client.stats["out_bytes"] += len(piece)
        if queue.empty():
            queue.put_nowait(asyncio.get_running_loop().create_future())

    async def confirmed(self) -> None:
        """Return when the server has all that was put or published before.

        Perhaps never where the connection is lost meanwhile, and at once where there is none.

        Raises:
            NatsError: the connection is closed.
        """
        self.flush()
        queue = self._client._flush_queue
        if queue is not None and self._client.is_connected:
            # The client's own flush sends its PING ahead of what waits to be sent.
            written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            await queue.put(written)
            await written
        await self._client.flush()

    def forget_unsent(self) -> None:
        """Drop what waits to be sent: an ack that arrives minutes late settles another's task.

        Who waits for an answer is told that none will come.
        """
        self._lines.clear()
        client = self._client
        client._pending, client._pending_data_size = [], 0
        for call in self._when_lost:
            call()


class DirectSubscription:
    """A subscription whose messages take the short way."""

    def __init__(
        self,
        wire: Wire,
        receivers: dict[bytes, Receive],
        subscription: Subscription,
        receive: Receive,
    ) -> None:
        self._wire = wire
        self._receivers = receivers
        self._subscription = subscription
        self._sid = b"%d" % subscription._id
        receivers[self._sid] = receive

    async def drain(self) -> None:
        """Ask for no more, and return when all that was under way has come.

        Raises:
            NatsError: the connection is closed.
        """
        try:
            await self._subscription.unsubscribe()
            await self._wire.confirmed()
        finally:
            self.forget()

    async def unsubscribe(self) -> None:
        """Ask for no more; what is under way is passed over."""
        self.forget()
        with contextlib.suppress(NatsError):
            await self._subscription.unsubscribe()

    def forget(self) -> None:
        """Pass over what still comes."""
        self._receivers.pop(self._sid, None)


class _Parser(WireParser):
    """The parser of a client that has a wire."""

    def __init__(self, client: Client, wire: Wire) -> None:
        self.wire = wire
        super().__init__(client)
