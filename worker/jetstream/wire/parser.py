"""nats-py's parser, given one frame at a time, so that messages can leave it by a shorter way.

Going frame by frame also mends that nats-py ends its read loop, and says nothing, over a message
whose headers it cannot read.
"""

from __future__ import annotations

from collections.abc import Callable

from nats.aio.client import Client
from nats.errors import ProtocolError
from nats.protocol.parser import Parser

Receive = Callable[[str, str, bytes, bytes], None]
"""Takes subject, reply subject, header block and payload of a message. It must not raise."""

_LINE_END = b"\r\n"


class WireParser(Parser):
    """Hands messages to `receivers`, by the id of their subscription, and all else to nats-py."""

    def __init__(self, client: Client) -> None:
        self.receivers: dict[bytes, Receive] = {}
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
            await self._client._error_cb(error)
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
