"""The wire beneath nats-py: a short way for what comes and goes thousands of times a second.

nats-py spends some 25 µs on a message that a callback gets (regular expressions, two coroutines, a
queue and a task beside the subscription) and 6 on a publish. Here a message of a subscription that
asks for it goes from its bytes to a plain function, and small publishes leave together, once in
each turn of the event loop. All else goes through nats-py, which keeps connection, subscriptions
and reconnects. What is private to nats-py and yet touched, is touched in this module only.

Going frame by frame also mends that nats-py ends its read loop, and says nothing, over a message
whose headers it cannot read.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from nats.aio.client import Client, Srv
from nats.aio.subscription import Subscription
from nats.errors import BadHeaderError, BadSubjectError, MaxPayloadError, ProtocolError
from nats.errors import Error as NatsError
from nats.protocol.parser import Parser

from worker.jetstream.denials import Denial

Receive = Callable[[str, str, bytes, bytes], None]
"""Takes subject, reply subject, header block and payload of a message. It must not raise."""

_LINE_END = b"\r\n"
_VERSION = b"NATS/1.0"
_NOT_IN_A_SUBJECT = re.compile(r"[\x00-\x20\x7f]")
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LINE_ENDS = str.maketrans("\r\n", "  ")


class NoTlsError(NatsError):
    """TLS was asked for, and the server offers none."""


class TlsClient(Client):
    """A client that says nothing before TLS stands, where TLS was asked for.

    nats-py goes by the server's greeting alone, which whoever is in between can change.
    """

    async def _connect_to_server(self, s: Srv) -> None:
        if self._transport is not None:
            # nats-py leaves the socket of a server that refused us open.
            self._transport.close()  # type: ignore[no-untyped-call]
        await super()._connect_to_server(s)

    async def _process_info(
        self,
        info: dict[str, Any],
        initial_connection: bool = False,  # noqa: FBT001 - nats-py's
    ) -> None:
        if initial_connection and self._wants_tls():
            if not (info.get("tls_required") or info.get("tls_available")):
                raise NoTlsError(
                    "TLS was asked for and the server offers none: "
                    "nothing was sent to it, not even who we are"
                )
            info["tls_required"] = True
        await super()._process_info(info, initial_connection)

    def _wants_tls(self) -> bool:
        """Return whether TLS is yet to begin: not where it came before the greeting."""
        server = self._current_server
        in_websocket = server is not None and server.uri.scheme in ("ws", "wss")
        return (
            "tls" in self.options and not self.options["tls_handshake_first"] and not in_websocket
        )


class Wire:
    """The short way on one client. Made before the client connects."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._parser = WireParser(client)
        self._lines: list[bytes] = []
        self._when_lost: list[Callable[[], None]] = []
        self._when_denied: list[Callable[[Denial], None]] = []
        self._parser.wire = self
        client._ps = self._parser  # noqa: SLF001

    @staticmethod
    def of(client: Client) -> Wire:
        """Return the wire that was made for a client."""
        parser = client._ps  # noqa: SLF001
        assert isinstance(parser, WireParser)
        assert parser.wire is not None
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
        return int(self._client._pending_data_size)  # noqa: SLF001

    def put_ready(self, piece: bytes, count: int) -> None:
        """Hand the client `count` messages as protocol; dropped where it is not connected."""
        client = self._client
        queue = client._flush_queue  # noqa: SLF001
        if not client.is_connected or queue is None:
            return
        client._pending.append(piece)  # noqa: SLF001
        client._pending_data_size += len(piece)  # noqa: SLF001
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
        queue = self._client._flush_queue  # noqa: SLF001
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
        client._pending, client._pending_data_size = [], 0  # noqa: SLF001
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
        self._sid = b"%d" % subscription._id  # noqa: SLF001
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


class WireParser(Parser):
    """nats-py's parser, given one frame at a time, save those for `receivers`, by subscription."""

    def __init__(self, client: Client) -> None:
        self.receivers: dict[bytes, Receive] = {}
        self.wire: Wire | None = None
        self._client = client
        super().__init__(client)

    def reset(self) -> None:
        """Begin anew: another connection's bytes follow."""
        super().reset()
        self._rest = bytearray()
        self._needed = 0

    async def parse(self, data: bytes = b"") -> None:
        """Take what was read from the server.

        Raises:
            ProtocolError: it is not NATS; nats-py then connects anew.
        """
        rest = self._rest
        if rest:
            rest += data
            if len(rest) < self._needed:
                return
            data = bytes(rest)
            rest.clear()
        position, size = 0, len(data)
        while position < size:
            line_end = data.find(_LINE_END, position)
            words = data[position:line_end].split() if line_end >= 0 else []
            end = _end_of_frame(words, line_end + 2) if words else line_end + 2
            if end > size or line_end < 0:
                self._needed = end - position
                rest += data[position:]
                return
            receive = self.receivers.get(words[2]) if len(words) > 3 else None
            if receive is not None:
                self._hand_over(receive, words, data[line_end + 2 : end - 2])
            else:
                await self._through_nats(data[position:end])
                if rest is not self._rest:
                    return
            position = end

    def _hand_over(self, receive: Receive, words: list[bytes], content: bytes) -> None:
        headers = int(words[-2]) if words[0] == b"HMSG" else 0
        reply = words[3] if len(words) > (5 if headers else 4) else b""
        stats = self._client.stats
        stats["in_msgs"] += 1
        stats["in_bytes"] += len(content) - headers
        receive(
            words[1].decode("utf-8", "replace"),
            reply.decode("utf-8", "replace"),
            content[:headers],
            content[headers:] if headers else content,
        )

    async def _through_nats(self, frame: bytes) -> None:
        try:
            await super().parse(frame)
        except (IndexError, UnicodeError) as error:
            # Headers that it cannot read: the message is lost for that subscription, no more.
            await self._client._error_cb(error)  # noqa: SLF001
        if self.buf:
            raise ProtocolError("nats: unknown protocol")


def _end_of_frame(words: list[bytes], body: int) -> int:
    """Return where a frame ends whose first line is `words` and whose payload begins at `body`."""
    if words[0] != b"MSG" and words[0] != b"HMSG":
        return body
    try:
        size = int(words[-1])
        headers = int(words[-2]) if words[0] == b"HMSG" else 0
    except ValueError as error:
        raise ProtocolError("nats: malformed MSG") from error
    if not 0 <= headers <= size:
        raise ProtocolError("nats: malformed MSG")
    return body + size + 2


def header_block(headers: Mapping[str, str]) -> bytes:
    """Return headers as they go over the wire, empty for none.

    Raises:
        BadHeaderError: a name that no header may have.
    """
    return block_of(header_lines(headers)) if headers else b""


def header_lines(headers: Mapping[str, str]) -> bytes:
    """Return the lines of headers, to go into a block. Line ends in values become spaces.

    Raises:
        BadHeaderError: a name that no header may have.
    """
    lines = ""
    for name, value in headers.items():
        if not _is_header_name(name):
            raise BadHeaderError(name)
        text = value.strip()
        if not text.isprintable():
            text = text.translate(_LINE_ENDS)
        lines += f"{name}: {text}\r\n"
    return lines.encode()


def block_of(lines: bytes) -> bytes:
    """Return the block that has these lines of headers, at least one."""
    return b"NATS/1.0\r\n%b\r\n" % lines


@lru_cache(maxsize=1024)
def _is_header_name(name: str) -> bool:
    return _HEADER_NAME.fullmatch(name) is not None


def read_headers(block: bytes) -> tuple[str, str, Mapping[str, str]]:
    """Return the status, its description and the headers in a header block; never raises.

    The status is empty where the block carries none. Lines that are no header are passed over; a
    name given twice has its last value.
    """
    first, _, lines = block.partition(_LINE_END)
    status, _, description = first.removeprefix(_VERSION).strip().partition(b" ")
    headers: dict[str, str] = {}
    for line in lines.split(_LINE_END):
        name, colon, value = line.partition(b":")
        if colon and name.isascii():
            headers[name.strip().decode("ascii")] = value.strip().decode("utf-8", "replace")
    return status.decode("utf-8", "replace"), description.decode("utf-8", "replace"), headers
