"""The idempotency ledger: what is kept of a task, and the protocol that keeps it true. Pure.

Each task has one entry, which the server replaces only on condition: a write names the revision
that it replaces, 0 for none, and is refused where the entry has another. The protocol is written as
generators that yield what to ask the server and are sent its answers, so that every interleaving
of them can be tried without one.

A worker holds a task for `lease` seconds from before it sent the write. Others take it over no
sooner than `lease` seconds after the server stored the write, by the clock of the server alone, and
the holder gives up `SAFETY` of its lease earlier. So no two machines' clocks are compared; only
their rates must agree to within that share. Should they not (a server's clock that is set forward
counts too), the revision still decides: who was taken over can neither renew nor finish.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from worker.model import wire_json

State = Literal["running", "failed", "done"]
_STATES: tuple[State, ...] = get_args(State)

SAFETY = 0.1
"""The last share of a lease, in which its holder counts it as lost."""


class InvalidEntryError(ValueError):
    """What lies in the ledger is not an entry of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger keeps of one task.

    `owner` is the worker, for operators to read; `run` names one holding of the task and is never
    used twice: by it a worker knows its own writes. `lease` is in seconds. `sequence` is the stream
    sequence of the message that is or was run.
    """

    state: State
    owner: str
    run: str
    lease: float
    sequence: int = 0

    def to_wire(self) -> bytes:
        """Return the entry as it is stored."""
        return (
            f'{{"state":"{self.state}","owner":{_quoted(self.owner)},"run":{_quoted(self.run)}'
            f',"lease":{self.lease},"sequence":{self.sequence}}}'
        ).encode("ascii")

    def as_state(self, state: State) -> Entry:
        """Return the same entry in another state."""
        return Entry(state, self.owner, self.run, self.lease, self.sequence)

    @classmethod
    def from_wire(cls, data: bytes) -> Entry:
        """Return the entry in a stored message.

        Raises:
            InvalidEntryError: it is none.
        """
        try:
            said = wire_json.loads(data)
        except wire_json.InvalidJsonError as error:
            raise InvalidEntryError(str(error)) from error
        if not isinstance(said, Mapping) or said.get("state") not in _STATES:
            raise InvalidEntryError(f"no state of {', '.join(_STATES)}")
        return cls(
            said["state"],
            _typed(said, "owner", str),
            _typed(said, "run", str),
            float(_typed(said, "lease", (int, float))),
            _typed(said, "sequence", int),
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The entry as the server has it. `entry` is None where someone deleted its content.

    `age` is the seconds since it was stored, by the server's clock.
    """

    entry: Entry | None
    revision: int
    stored_at: datetime
    age: float


class Put(NamedTuple):
    """Store `entry` if the revision there is `expected`."""

    entry: Entry
    expected: int


class Read(NamedTuple):
    """Read the entry. The answer is what was found, or None."""


class Stored(NamedTuple):
    """The write was done, and this is its revision."""

    revision: int


class NotStored(NamedTuple):
    """The write was refused, or its answer is missing: then it may yet be done, even later."""


Step = Put | Read
Answer = Stored | NotStored | Found | None
R = TypeVar("R")
Steps = Generator[Step, Answer, R]


@dataclass(frozen=True, slots=True)
class Begun:
    """The task is ours to run. `token` is the revision: it grows with each holder of the task."""

    token: int


@dataclass(frozen=True, slots=True)
class AlreadyDone:
    """`owner` finished the task at `at`, from the message `sequence`: it is never run again."""

    owner: str
    at: datetime
    sequence: int


@dataclass(frozen=True, slots=True)
class HeldBy:
    """Someone runs the task. Unless renewed, that ends in `remaining` seconds.

    `sequence` is the message that `owner` was given: another than ours is the same task published
    twice.
    """

    owner: str
    remaining: float
    sequence: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The task is no longer ours: `by` has it or had it, empty where nobody can be named."""

    by: str


def begin(claim: Entry) -> Steps[Begun | AlreadyDone | HeldBy]:
    """Take the task to run it, where nobody runs it and nobody finished it."""
    expected = 0
    while True:
        answer = yield Put(claim, expected)
        if isinstance(answer, Stored):
            return Begun(answer.revision)
        found = yield Read()
        if not isinstance(found, Found):
            expected = 0
            continue
        entry = found.entry
        if entry is not None and entry.run == claim.run:
            return Begun(found.revision)
        standing = standing_of(found)
        if standing is not None:
            return standing
        expected = found.revision


def write(entry: Entry, token: int) -> Steps[int | Lost]:
    """Replace our own entry: renew it (`running`), release it (`failed`) or finish it (`done`).

    Returns the new revision. An entry that is gone, though nobody has the task, is written anew:
    to know that a task was finished must not depend on who purged what.
    """
    expected = token
    while True:
        answer = yield Put(entry, expected)
        if isinstance(answer, Stored):
            return answer.revision
        found = yield Read()
        if not isinstance(found, Found):
            expected = 0
            continue
        theirs = found.entry
        if theirs is None:
            expected = found.revision
        elif theirs.run != entry.run:
            return Lost(theirs.owner)
        elif theirs.state == "running":
            expected = found.revision
        elif theirs.state == entry.state:
            return found.revision
        else:
            return Lost("")


def standing_of(found: Found) -> AlreadyDone | HeldBy | None:
    """Return what an entry says of a task that another may have, None where it is free."""
    entry = found.entry
    if entry is None or entry.state == "failed":
        return None
    if entry.state == "done":
        return AlreadyDone(entry.owner, found.stored_at, entry.sequence)
    if found.age < entry.lease:
        return HeldBy(entry.owner, entry.lease - found.age, entry.sequence)
    return None


def task_key(task_id: str, replay_id: str = "") -> str:
    """Return the key of a task in one of its lives: each replay begins a new one.

    It is a hash of 160 bits, safe as a token of a subject whatever the ids hold.
    """
    life = f"{len(task_id)}:{task_id}{replay_id}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(life, digest_size=20).hexdigest()


def _typed(said: Mapping[str, Any], key: str, kind: type | tuple[type, ...]) -> Any:  # noqa: ANN401 - `kind`
    value = said.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InvalidEntryError(f"{key} is missing or of another type")
    return value
