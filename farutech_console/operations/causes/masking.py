"""What differs between two errors of one cause, masked; and the address that one names. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

LONGEST = 300
"""Characters of a cause's text."""

READ = 4_096
"""Characters of an error that are read."""

CACHED = 16_384

_TEXT = "<text>"
_QUOTE = "«…»"
_ADDRESS = "<addr>"
_FIRST_ADDRESS = re.compile(rf"[\s:,(]*{_ADDRESS}\)?[:,]?")
_DEEPEST = 8
_QUOTED = re.compile(
    r"\"[^\"]*\"|«[^«»]*»|“[^“”]*”|`[^`]*`|(?<![A-Za-z0-9_>])'[^']*'(?![A-Za-z0-9_<])"
)
_DAY_AND_TIME = re.compile("<time>(?: <time>)+")
WITHOUT_DIGITS = {ord(digit): "0" for digit in "123456789"}
# In this order. All but numbers begin with a word; a digit is 0 by now. A mask is no end of a word
# either, so that what is masked stays as it is when it is masked again.
_MASKS: Mapping[str, tuple[str, str]] = {
    "uuid": ("<id>", r"[0A-Fa-f]{8}(?:-[0A-Fa-f]{4}){3}-[0A-Fa-f]{12}(?![A-Za-z0<])"),
    "url": ("<addr>", r"[A-Za-z][A-Za-z0+.-]*://[^\s\"'<>«»]+"),
    "mail": ("<addr>", r"[A-Za-z0._%+-]+@[A-Za-z0-]+(?:\.[A-Za-z0-]+)+"),
    "time": (
        "<time>",
        r"0{4}[-/]00[-/]00(?:[Tt]00:00(?::00(?:[.,]0+)?)?(?:[Zz]|[+-]00:?00)?(?![A-Za-z0<]))?"
        r"|00:00:00(?:[.,]0+)?",
    ),
    "ip": (
        "<addr>",
        r"0{1,3}(?:\.0{1,3}){3}(?::0+|/0+)?(?![0.<])"
        r"|\[[0A-Fa-f:.]*:[0A-Fa-f:.]*\](?::0+)?"
        r"|(?:[0A-Fa-f]{1,4}:){4,7}[0A-Fa-f]{1,4}",
    ),
    "host": (
        "<addr>",
        r"(?:localhost|[A-Za-z0]+(?:[.-]+[A-Za-z0]+)+):0+(?![A-Za-z0<])"
        r"|[A-Za-z0-]+(?:\.[A-Za-z0-]+)*\.(?:com|net|org|io|dev|local|internal|svc|lan|corp)"
        r"(?::0+)?(?![A-Za-z0<-])",
    ),
    "id": (
        "<id>",
        r"0[xX][0A-Fa-f]+|(?=[A-Fa-f]*0)(?=0*[A-Fa-f])[0A-Fa-f]{8,}(?![A-Za-z0<])"
        r"|(?=[A-Za-z]*0+[A-Za-z]+0)[A-Za-z0]{10,}",
    ),
}
_VARIABLE = re.compile(
    "(?<![A-Za-z0>])(?:"
    + "|".join(f"(?P<{name}>{shape})" for name, (_, shape) in _MASKS.items())
    + r")|(?P<number>0+(?:[.,]0+)*)"
)
_SHOWN = {name: shown for name, (shown, _) in _MASKS.items()} | {"number": "<n>"}


def masked(message: str) -> str:
    """Return a message with ids, numbers, times, addresses and quoted values masked.

    It has at most `LONGEST` characters, cut between words.
    """
    text = _without_quotes(message[:READ]).translate(WITHOUT_DIGITS)
    text = " ".join(map(_masked_word, text.split()))
    if "<time> <time>" in text:
        text = _DAY_AND_TIME.sub("<time>", text)
    if len(text) <= LONGEST:
        return text
    cut = text.rfind(" ", 0, LONGEST + 1)
    return text[:cut] if cut > 0 else _TEXT


def address_in(message: str, text: str) -> str:
    """Return the first host or address that a message names, its port too; empty for none.

    `text` is the message masked: most messages have no address in it and cost nothing here. Of a
    URL it is the authority alone: neither who logs in there nor with what.
    """
    if _ADDRESS not in text and _QUOTE not in text:
        return ""
    read = message[:READ]
    for match in _VARIABLE.finditer(read.translate(WITHOUT_DIGITS)):
        if match.lastgroup in ("ip", "host"):
            return read[match.start() : match.end()]
        if match.lastgroup == "url":
            rest = read[match.start() : match.end()].partition("://")[2]
            return re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].rstrip(".,;:)")
    return ""


def without_address(text: str) -> str:
    """Return a masked text without its first masked address, which is told beside it."""
    return _FIRST_ADDRESS.sub("", text, count=1).strip() or text


def _without_quotes(text: str) -> str:
    """Mask what is quoted, and then what is quoted around that."""
    for _ in range(_DEEPEST):
        around, text = text, _QUOTED.sub(_QUOTE, text)
        if text == around:
            return text
    return _TEXT


@lru_cache(maxsize=CACHED)
def _masked_word(word: str) -> str:
    return _VARIABLE.sub(lambda match: _SHOWN[match.lastgroup or "number"], word)
