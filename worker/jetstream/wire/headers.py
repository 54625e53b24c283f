"""The headers of messages as they go over the wire, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from nats.errors import BadHeaderError

_LINE_END = b"\r\n"
_VERSION = b"NATS/1.0"
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LINE_ENDS = str.maketrans("\r\n", "  ")


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
    return _NAME.fullmatch(name) is not None


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
