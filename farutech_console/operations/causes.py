"""Dead letters by cause: what differs between letters is masked, what is left is the cause."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Protocol

MOST_CAUSES = 5_000
"""Causes told apart; letters of any further ones are counted together."""
MOST_TENANTS = 1_000
"""Tenants of one cause that are counted one by one."""
MOST_TENANTS_IN_ALL = 100_000
"""Tenants of all causes together that are counted one by one."""
LONGEST = 300
"""Characters of a cause's text."""

_READ = 4_096
_CACHED = 16_384


@dataclass(frozen=True, slots=True)
class Cause:
    """Why letters died, with all that differs between them masked.

    `key` is short and the same for the same cause in every run, on every machine, in every version
    of the console that masks alike: notes are kept by it, and the filter `cause:KEY` finds its
    letters. `text` is the masked message, `error_type` empty where no letter names one.
    """

    key: str
    error_type: str
    text: str


class Dead(Protocol):
    """What is read of a letter to count it."""

    @property
    def sequence(self) -> int:
        """Its sequence in the stream."""

    @property
    def died_at(self) -> datetime:
        """When it died."""

    @property
    def tenant_id(self) -> str:
        """Whose it was."""

    @property
    def error(self) -> str:
        """Why it died."""

    @property
    def error_type(self) -> str:
        """The error's class, empty where nobody said."""


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """The letters of one cause.

    `share` is that of all letters counted, from 0 to 1. `tenants` counts the letters of each,
    most first; where `more_tenants`, there are others beside them. `sample` is the sequence of the
    newest letter. Of the causes that were too many to be told apart, the one group has no key.
    """

    cause: Cause
    count: int
    share: float
    first_seen: datetime
    last_seen: datetime
    tenants: Mapping[str, int]
    more_tenants: bool
    sample: int


def cause_of(error_type: str, message: str) -> Cause:
    """Return the cause of a letter that died of this error."""
    if len(message) <= LONGEST:
        return _known_cause(error_type, message)
    return _read_cause(error_type, message)


def masked(message: str) -> str:
    """Return a message with ids, numbers, times, addresses and quoted values masked.

    It has at most `LONGEST` characters, cut between words.
    """
    text = _without_quotes(message[:_READ]).translate(_DIGITS)
    text = " ".join(map(_masked_word, text.split()))
    if "<time> <time>" in text:
        text = _DAY_AND_TIME.sub("<time>", text)
    if len(text) <= LONGEST:
        return text
    cut = text.rfind(" ", 0, LONGEST + 1)
    return text[:cut] if cut > 0 else _TEXT


class Causes:
    """Counts letters by cause, one after the other, in bounded memory."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}
        self._tenants = 0
        self.count = 0

    def add(self, letter: Dead) -> None:
        """Count one letter."""
        self.count += 1
        died_at = letter.died_at
        cause = cause_of(letter.error_type, letter.error)
        tally = self._tallies.get(cause.key)
        if tally is None:
            if len(self._tallies) >= MOST_CAUSES:
                cause = _OTHERS
            tally = self._tallies.setdefault(cause.key, _Tally(cause, died_at, died_at))
        tally.add(letter.sequence, died_at)
        self._count_tenant(tally, letter.tenant_id)

    def ranked(self) -> list[CauseGroup]:
        """Return the causes, those of most letters first."""
        groups = [tally.group(self.count) for tally in self._tallies.values()]
        return sorted(groups, key=lambda group: (-group.count, group.cause.key))

    def _count_tenant(self, tally: _Tally, tenant: str) -> None:
        tenants = tally.tenants
        if tenant in tenants:
            tenants[tenant] += 1
        elif len(tenants) < MOST_TENANTS and self._tenants < MOST_TENANTS_IN_ALL:
            self._tenants += 1
            tenants[tenant] = 1
        else:
            tally.more_tenants = True


@dataclass(slots=True)
class _Tally:
    cause: Cause
    first_seen: datetime
    last_seen: datetime
    count: int = 0
    sample: int = 0
    tenants: dict[str, int] = field(default_factory=dict)
    more_tenants: bool = False

    def add(self, sequence: int, died_at: datetime) -> None:
        self.count += 1
        if died_at < self.first_seen:
            self.first_seen = died_at
        if died_at > self.last_seen:
            self.last_seen = died_at
        if sequence > self.sample:
            self.sample = sequence

    def group(self, total: int) -> CauseGroup:
        tenants = sorted(self.tenants.items(), key=lambda item: (-item[1], item[0]))
        return CauseGroup(
            self.cause,
            self.count,
            self.count / total,
            self.first_seen,
            self.last_seen,
            dict(tenants),
            self.more_tenants,
            self.sample,
        )


def _read_cause(error_type: str, message: str) -> Cause:
    # No mask asks which digit it is, so one cause is found for all of them at once.
    return _cause(error_type[:LONGEST], message[:_READ].translate(_DIGITS))


_known_cause = lru_cache(maxsize=_CACHED)(_read_cause)


@lru_cache(maxsize=_CACHED)
def _cause(error_type: str, message: str) -> Cause:
    text = masked(message)
    known_by = f"{error_type}\0{text}".encode("utf-8", "surrogatepass")
    return Cause(hashlib.blake2b(known_by, digest_size=5).hexdigest(), error_type, text)


_OTHERS = Cause("", "", "other causes, too many to tell apart")

_TEXT = "<text>"
_QUOTE = "«…»"
_DEEPEST = 8
_QUOTED = re.compile(
    r"\"[^\"]*\"|«[^«»]*»|“[^“”]*”|`[^`]*`|(?<![A-Za-z0-9_>])'[^']*'(?![A-Za-z0-9_<])"
)
_DAY_AND_TIME = re.compile("<time>(?: <time>)+")
_DIGITS = {ord(digit): "0" for digit in "123456789"}
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


def _without_quotes(text: str) -> str:
    """Mask what is quoted, and then what is quoted around that."""
    for _ in range(_DEEPEST):
        around, text = text, _QUOTED.sub(_QUOTE, text)
        if text == around:
            return text
    return _TEXT


@lru_cache(maxsize=_CACHED)
def _masked_word(word: str) -> str:
    return _VARIABLE.sub(lambda match: _SHOWN[match.lastgroup or "number"], word)
