"""One delivery of a message: the message, and what the server said of it in the reply subject."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

ACK_PREFIX = "$JS.ACK."
_SHORT_FORM = 9
_LONG_FORMS = (11, 12)
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NotADeliveryError(ValueError):
    """The reply subject is not one that JetStream gives to a delivery."""


class Delivery(NamedTuple):
    """A message as the server handed it to us, once.

    `delivery_count` is 1 the first time. `stored_ns` is when the stream stored the message, in
    nanoseconds since 1970; `received_at` is monotonic seconds. A named tuple, because one is made
    for each message.
    """

    body: bytes
    headers: Mapping[str, str]
    reply: str
    stream: str
    consumer: str
    delivery_count: int
    stream_sequence: int
    stored_ns: int
    received_at: float

    @property
    def stored_at(self) -> datetime:
        """When the stream stored the message, in UTC, cut to microseconds."""
        return _EPOCH + timedelta(microseconds=self.stored_ns // 1000)


def read_delivery(
    reply: str, body: bytes, headers: Mapping[str, str] | None, received_at: float
) -> Delivery:
    """Return the delivery whose reply subject is `reply`.

    The subject has either nine tokens, `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.
    <consumer seq>.<stored ns>.<pending>`, or domain and account hash before the stream and perhaps
    a random token at the end (ADR-15).

    Raises:
        NotADeliveryError: it is neither.
    """
    tokens = reply.split(".")
    first = 2 if len(tokens) == _SHORT_FORM else 4
    if not reply.startswith(ACK_PREFIX) or (first == 4 and len(tokens) not in _LONG_FORMS):
        raise NotADeliveryError(f"not the reply subject of a delivery: {reply!r}")
    stream, consumer, count, stream_sequence, _, stored_ns = tokens[first : first + 6]
    try:
        numbers = int(count), int(stream_sequence), int(stored_ns)
    except ValueError as error:
        raise NotADeliveryError(f"not the reply subject of a delivery: {reply!r}") from error
    if headers is None:
        headers = _NO_HEADERS
    # As `Delivery(...)`, which takes twice as long.
    return tuple.__new__(Delivery, (body, headers, reply, stream, consumer, *numbers, received_at))
