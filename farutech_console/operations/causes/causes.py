"""Dead letters by cause: what differs between letters is masked, what is left is the cause."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from farutech_console.operations.causes.masking import (
    CACHED,
    LONGEST,
    READ,
    WITHOUT_DIGITS,
    address_in,
    masked,
)

MOST_CAUSES = 5_000
"""Causes told apart; letters of any further ones are counted together."""
MOST_TENANTS = 1_000
"""Tenants of one cause that are counted one by one."""
MOST_TENANTS_IN_ALL = 100_000
"""Tenants of all causes together that are counted one by one."""
MOST_ADDRESSES = 50
"""Addresses that letters of one cause name and that are counted one by one."""
MOST_ADDRESSES_IN_ALL = 10_000
"""Addresses of all causes together that are counted one by one."""
MOST = 0.5
"""Share of a cause's letters above which the address that they name is told."""


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
    most first, empty where nobody asked; where `more_tenants`, there are others beside them.
    `sample` is the sequence of the newest letter. `address` is the host or address that most of the
    letters name, as they do, empty for none. Of the causes that were too many to be told apart, the
    one group has no key.
    """

    cause: Cause
    count: int
    share: float
    first_seen: datetime
    last_seen: datetime
    tenants: Mapping[str, int]
    more_tenants: bool
    sample: int
    address: str = ""


def cause_of(error_type: str, message: str) -> Cause:
    """Return the cause of a letter that died of this error."""
    if len(message) <= LONGEST:
        return _known_cause(error_type, message)
    return _read_cause(error_type, message)


@dataclass(frozen=True, slots=True)
class Alike:
    """Letters of one cause that died of the very same error. `newest` is a sequence."""

    cause: Cause
    error: str
    count: int
    newest: int
    first_seen: datetime
    last_seen: datetime


class Causes:
    """Counts letters by cause, one after the other, in bounded memory."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}
        self._tenants = 0
        self._addresses = 0
        self.count = 0

    def add(self, letter: Dead) -> None:
        """Count one letter."""
        cause = cause_of(letter.error_type, letter.error)
        died_at = letter.died_at
        tally = self._tally(cause, died_at)
        tally.add(letter.sequence, died_at)
        self.count += 1
        self._count_tenant(tally, letter.tenant_id)
        if tally.cause.key and (address := address_in(letter.error, cause.text)):
            self._count_address(tally.addresses, address)

    def add_alike(self, alike: Alike) -> None:
        """Count letters that died of one error at once, not whose they were."""
        tally = self._tally(alike.cause, alike.first_seen)
        tally.add(alike.newest, alike.first_seen, alike.count)
        tally.last_seen = max(tally.last_seen, alike.last_seen)
        self.count += alike.count
        if tally.cause.key and (address := address_in(alike.error, alike.cause.text)):
            self._count_address(tally.addresses, address, alike.count)

    def ranked(self) -> list[CauseGroup]:
        """Return the causes, those of most letters first."""
        groups = [tally.group(self.count) for tally in self._tallies.values()]
        return sorted(groups, key=lambda group: (-group.count, group.cause.key))

    def _tally(self, cause: Cause, died_at: datetime) -> _Tally:
        tally = self._tallies.get(cause.key)
        if tally is None:
            if len(self._tallies) >= MOST_CAUSES:
                cause = _OTHERS
            tally = self._tallies.setdefault(cause.key, _Tally(cause, died_at, died_at))
        return tally

    def _count_tenant(self, tally: _Tally, tenant: str) -> None:
        tenants = tally.tenants
        if tenant in tenants:
            tenants[tenant] += 1
        elif len(tenants) < MOST_TENANTS and self._tenants < MOST_TENANTS_IN_ALL:
            self._tenants += 1
            tenants[tenant] = 1
        else:
            tally.more_tenants = True

    def _count_address(self, addresses: dict[str, int], address: str, letters: int = 1) -> None:
        if address in addresses:
            addresses[address] += letters
        elif len(addresses) < MOST_ADDRESSES and self._addresses < MOST_ADDRESSES_IN_ALL:
            self._addresses += 1
            addresses[address] = letters


@dataclass(slots=True)
class _Tally:
    cause: Cause
    first_seen: datetime
    last_seen: datetime
    count: int = 0
    sample: int = 0
    tenants: dict[str, int] = field(default_factory=dict)
    more_tenants: bool = False
    addresses: dict[str, int] = field(default_factory=dict)

    def add(self, sequence: int, died_at: datetime, letters: int = 1) -> None:
        self.count += letters
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
            self._address(),
        )

    def _address(self) -> str:
        address = max(self.addresses, key=self.addresses.__getitem__, default="")
        return address if self.addresses.get(address, 0) > MOST * self.count else ""


def _read_cause(error_type: str, message: str) -> Cause:
    # No mask asks which digit it is, so one cause is found for all of them at once.
    return _cause(error_type[:LONGEST], message[:READ].translate(WITHOUT_DIGITS))


_known_cause = lru_cache(maxsize=CACHED)(_read_cause)


@lru_cache(maxsize=CACHED)
def _cause(error_type: str, message: str) -> Cause:
    text = masked(message)
    known_by = f"{error_type}\0{text}".encode("utf-8", "surrogatepass")
    return Cause(hashlib.blake2b(known_by, digest_size=5).hexdigest(), error_type, text)


_OTHERS = Cause("", "", "other causes, too many to tell apart")
