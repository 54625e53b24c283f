"""The short way in, however the bytes are cut and whatever they hold."""

from __future__ import annotations

import itertools
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client
from nats.errors import ProtocolError

from worker.jetstream.wire.headers import read_headers
from worker.jetstream.wire.parser import WireParser

OURS, THEIRS = 7, 9


class Heard:
    """As much of a client as a parser calls."""

    def __init__(self) -> None:
        self.stats = {"in_msgs": 0, "in_bytes": 0}
        self.messages: list[tuple[object, ...]] = []
        self.errors: list[Exception] = []

    async def _process_msg(self, *message: object) -> None:
        self.messages.append(("nats", *message))

    async def _process_ping(self) -> None:
        self.messages.append(("ping",))

    async def _process_info(self, info: dict[str, object]) -> None:
        self.messages.append(("info", info))

    async def _error_cb(self, error: Exception) -> None:
        self.errors.append(error)


def parser_of(heard: Heard) -> WireParser:
    def receive(*message: object) -> None:
        heard.messages.append(("direct", *message))

    parser = WireParser(cast(Client, heard))
    parser.receivers[b"%d" % OURS] = receive
    return parser


HEADERS = b"NATS/1.0\r\nA: b\r\n\r\n"
STREAM = (
    b"MSG tasks 7 $JS.ACK.x 5\r\nh\r\nMS\r\n"
    b"PING\r\n"
    b"MSG other 9 2\r\nhi\r\n"
    b"HMSG tasks 7 $JS.ACK.y %d %d\r\n%bbody\r\n"
    b"MSG tasks 7 0\r\n\r\n"
    b'INFO {"max_payload": 1024}\r\n'
    b"HMSG other 9 back %d %d\r\n%b\r\n"
) % (len(HEADERS), len(HEADERS) + 4, HEADERS, len(HEADERS), len(HEADERS), HEADERS)
MESSAGES: list[tuple[object, ...]] = [
    ("direct", "tasks", "$JS.ACK.x", b"", b"h\r\nMS"),
    ("ping",),
    ("nats", 9, b"other", b"", b"hi", None),
    ("direct", "tasks", "$JS.ACK.y", HEADERS, b"body"),
    ("direct", "tasks", "", b"", b""),
    ("info", {"max_payload": 1024}),
    ("nats", 9, b"other", b"back", b"", HEADERS),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
async def test_the_cuts_between_reads_mean_nothing(cuts: list[int]) -> None:
    heard = Heard()
    parser = parser_of(heard)
    edges = [0, *sorted(cuts), len(STREAM)]
    for start, stop in itertools.pairwise(edges):
        await parser.parse(STREAM[start:stop])
    assert heard.messages == MESSAGES
    assert heard.errors == []


async def test_byte_by_byte() -> None:
    heard = Heard()
    parser = parser_of(heard)
    for position in range(len(STREAM)):
        await parser.parse(STREAM[position : position + 1])
    assert heard.messages == MESSAGES
    assert heard.stats["in_msgs"] == 3


async def test_headers_that_nats_py_cannot_read_end_nothing() -> None:
    class Strict(Heard):
        async def _process_msg(self, *_message: object) -> None:
            raise IndexError("index out of range")

    heard = Strict()
    await parser_of(heard).parse(b"HMSG other 9 2 2\r\nxx\r\nPING\r\n")
    assert heard.messages == [("ping",)]
    assert [str(error) for error in heard.errors] == ["index out of range"]


@pytest.mark.parametrize(
    "bytes_",
    [b"HELLO\r\n", b"\r\n", b"MSG tasks 7 x\r\n", b"MSG tasks 7 -9\r\n", b"HMSG t 7 9 2\r\nab\r\n"],
)
async def test_what_is_not_nats_is_refused(bytes_: bytes) -> None:
    with pytest.raises(ProtocolError):
        await parser_of(Heard()).parse(bytes_)


async def test_another_connection_begins_anew() -> None:
    heard = Heard()
    parser = parser_of(heard)
    await parser.parse(b"MSG tasks 7 100\r\nhalf")
    parser.reset()
    await parser.parse(b"PING\r\n")
    assert heard.messages == [("ping",)]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (
            b"NATS/1.0 408 Request Timeout\r\nNats-Pending-Messages: 1\r\n\r\n",
            ("408", "Request Timeout", {"Nats-Pending-Messages": "1"}),
        ),
        (b"NATS/1.0 100 Idle Heartbeat\r\n\r\n", ("100", "Idle Heartbeat", {})),
        (
            b"NATS/1.0\r\nStatus: fine\r\na:1\r\na: 2\r\n\r\n",
            ("", "", {"Status": "fine", "a": "2"}),
        ),
        (b"NATS/1.0\r\n\xff: x\r\nno colon\r\nA: \xff\r\n\r\n", ("", "", {"A": "\ufffd"})),
        (b"", ("", "", {})),
        (b"garbage", ("garbage", "", {})),
    ],
)
def test_header_blocks(block: bytes, expected: tuple[str, str, dict[str, str]]) -> None:
    assert read_headers(block) == expected


@given(st.binary())
def test_no_header_block_is_too_strange(block: bytes) -> None:
    read_headers(block)
