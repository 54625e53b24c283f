"""The audit as it is read: each change once, its beginning and its end put together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from farutech_console.operations.audit.half_done import HalfDone
from farutech_console.operations.queue import Queue
from worker.jetstream.info import find_stream, server_state, stream_of_subject
from worker.jetstream.messages import StoredMessage
from worker.jetstream.reading.scan import Scan
from worker.model import wire_json
from worker.model.clock import format_rfc3339
from worker.model.finishing import FINISHED, Finishing, read_finishing

PAGE = 200

EntryState = Literal["done", "stopped", "failed", "finished", "open"]


@dataclass(frozen=True, slots=True)
class FinishedBy:
    """What somebody finished of a change that was interrupted.

    `at` is the server's time, `outcomes` count what became of the letters they finished.
    """

    by: str
    at: datetime
    outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change, `sequence` its place in the audit.

    `began_at` and `ended_at` are the server's times. `state` is `open` where no end was recorded:
    it is under way, or was interrupted; `finished` where it was, and others finished what it had
    begun: `finished` tells who, the first one first. `seen_from` is where its connection came from
    as the server saw it. `count` is how many letters it was about; `sequences` names them where
    `sequences_cut` does not say that there were too many. `outcomes` counts what became of them.
    `half_done` is how many letters of an open change somebody has to finish, who does at the next
    start; None where it has an end, or where nobody can tell.
    """

    id: str
    action: str
    by: str
    began_at: datetime
    ended_at: datetime | None
    state: EntryState
    sequence: int = 0
    about: str = ""
    why: str = ""
    command: str = ""
    count: int = 0
    sequences: str = ""
    sequences_cut: bool = False
    generation: str = ""
    fingerprint: str = ""
    outcomes: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[Mapping[str, Any], ...] = ()
    error: str = ""
    seen_from: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    finished: tuple[FinishedBy, ...] = ()
    half_done: int | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some changes, the latest first. `more` tells whether older ones follow."""

    entries: tuple[AuditEntry, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes to show: empty is all; `by` is a part of who made them.

    `before` is a place in the audit: those that began earlier.
    """

    action: str = ""
    by: str = ""
    id: str = ""
    before: int | None = None

    def takes(self, entry: AuditEntry) -> bool:
        """Return whether it is one of them."""
        return (
            (self.before is None or entry.sequence < self.before)
            and self.action in ("", entry.action)
            and self.by.casefold() in entry.by.casefold()
            and entry.id.startswith(self.id)
        )


async def read_audit(
    queue: Queue, wanted: Wanted | None = None, half_done: HalfDone | None = None
) -> AsyncGenerator[AuditEntry, None]:
    """Yield the changes, the one that began last first. Nothing where there is no audit yet.

    What cannot be read as a record is passed over. `half_done` tells what is left of open ones.
    """
    wanted = wanted or Wanted()
    scan = await _scan(queue, wanted)
    ends: dict[str, StoredMessage] = {}
    finishings = await _finishings(queue) if scan is not None and wanted.action else _Finishings()
    before: int | None = None
    while scan is not None:
        messages = await scan.newest(PAGE, before)
        for message in messages:
            record = _record(message.body)
            if record.get("phase") == "ended":
                ends.setdefault(_text(record, "id"), message)
            elif record.get("phase") == "finished":
                finishings.add(message)
            elif record.get("phase") == "begun":
                id_ = _text(record, "id")
                entry = _entry(message, record, ends.pop(id_, None), finishings.of(id_))
                if wanted.takes(entry):
                    if half_done is not None and entry.state == "open":
                        entry = replace(entry, half_done=await half_done.of(id_, entry.action))
                    yield entry
        if len(messages) < PAGE:
            return
        before = messages[-1].sequence


async def audit_page(queue: Queue, limit: int, before: int | None = None) -> AuditPage:
    """Return the latest changes, at most `limit`, of places below `before`."""
    found: list[AuditEntry] = []
    async with aclosing(read_audit(queue, Wanted(before=before), HalfDone(queue))) as entries:
        async for entry in entries:
            if len(found) == limit:
                return AuditPage(tuple(found), more=True)
            found.append(entry)
    return AuditPage(tuple(found), more=False)


def entry_record(entry: AuditEntry) -> dict[str, Any]:
    """Return a change as `audit --json` prints it."""
    return {
        "id": entry.id,
        "action": entry.action,
        "by": entry.by,
        "from": dict(entry.seen_from),
        "began_at": format_rfc3339(entry.began_at),
        "ended_at": format_rfc3339(entry.ended_at) if entry.ended_at else None,
        "state": entry.state,
        "about": entry.about,
        "why": entry.why,
        "count": entry.count,
        "sequences": entry.sequences,
        "sequences_cut": entry.sequences_cut,
        "generation": entry.generation,
        "fingerprint": entry.fingerprint,
        "outcomes": dict(entry.outcomes),
        "failures": [dict(failure) for failure in entry.failures],
        "error": entry.error,
        "command": entry.command,
        "details": dict(entry.details),
        "finished": [
            {"by": one.by, "at": format_rfc3339(one.at), "outcomes": dict(one.outcomes)}
            for one in entry.finished
        ],
        "half_done": entry.half_done,
    }


class _Finishings:
    """What was finished of interrupted changes, as it is read: the latest first."""

    def __init__(self) -> None:
        self._of: dict[str, list[tuple[StoredMessage, Finishing]]] = defaultdict(list)

    def add(self, message: StoredMessage) -> None:
        finishing = read_finishing(message.body)
        if finishing is not None:
            self._of[finishing.run].append((message, finishing))

    def of(self, run: str) -> tuple[FinishedBy, ...]:
        """Return what was finished of a change, by whom; of each letter the last news count."""
        fates: dict[int, tuple[str, str]] = {}
        last: dict[str, datetime] = {}
        for message, finishing in reversed(self._of.pop(run, [])):
            last[finishing.by] = message.stored_at
            for outcome, letters in finishing.letters.items():
                for letter in letters:
                    if letter not in fates or fates[letter][1] != outcome:
                        fates[letter] = finishing.by, outcome
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for by, outcome in fates.values():
            counts[by][outcome] += 1
        return tuple(FinishedBy(by, at, counts[by]) for by, at in last.items() if by in counts)


async def _finishings(queue: Queue) -> _Finishings:
    """Return all of them: they are few, and lie under a subject of their own."""
    found = _Finishings()
    scan = await _scan(queue, Wanted(action=FINISHED))
    before: int | None = None
    while scan is not None:
        messages = await scan.newest(PAGE, before)
        for message in messages:
            found.add(message)
        if len(messages) < PAGE:
            break
        before = messages[-1].sequence
    return found


async def _scan(queue: Queue, wanted: Wanted) -> Scan | None:
    subject = queue.names.audit(wanted.action or "*")
    home = await stream_of_subject(queue.api, subject)
    stream = await find_stream(queue.api, home) if home else None
    if stream is None:
        return None
    return Scan(queue.api, stream, subject, (await server_state(queue.api)).api_level)


def _entry(
    begun: StoredMessage,
    record: Mapping[str, Any],
    end: StoredMessage | None,
    finished: tuple[FinishedBy, ...],
) -> AuditEntry:
    said = _record(end.body) if end else {}
    state: EntryState = "finished" if finished else "open"
    if end is not None:
        results: dict[str, EntryState] = {"done": "done", "stopped": "stopped"}
        state = results.get(_text(said, "result"), "failed")
    failures = said.get("failures")
    return AuditEntry(
        id=_text(record, "id"),
        action=begun.subject.rpartition(".")[2],
        by=_text(record, "by"),
        began_at=begun.stored_at,
        sequence=begun.sequence,
        ended_at=end.stored_at if end else None,
        state=state,
        about=_text(record, "about"),
        why=_text(record, "why"),
        command=_text(record, "command"),
        count=_number(record.get("count")),
        sequences=_text(record, "sequences"),
        sequences_cut=record.get("sequences_cut") is True,
        generation=_text(record, "generation"),
        fingerprint=_text(record, "fingerprint"),
        outcomes={key: _number(value) for key, value in _object(said.get("outcomes")).items()},
        failures=tuple(map(_object, failures)) if isinstance(failures, list) else (),
        error=_text(said, "error"),
        seen_from=_object(record.get("from")),
        details=_object(record.get("details")),
        finished=() if state in ("done", "stopped") else finished,
    )


def _record(body: bytes) -> Mapping[str, Any]:
    try:
        return _object(wire_json.loads(body))
    except wire_json.InvalidJsonError:
        return {}


def _object(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - whatever JSON held
    return value if isinstance(value, dict) else {}


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:  # noqa: ANN401 - whatever JSON held
    return value if isinstance(value, int) else 0
