"""The audit: no change without a record of who began it, from where, what, and why."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from farutech_console.language import tr
from farutech_console.operations.actions import ActionName
from farutech_console.operations.alike import kinds_of
from farutech_console.operations.errors import AuditError, OperationError
from farutech_console.operations.model import Outcome
from farutech_console.operations.queue import Queue
from worker.jetstream.errors import JetStreamError
from worker.jetstream.info import find_stream, seen_from
from worker.jetstream.moves.finishings import Finishings
from worker.jetstream.patience import Patience
from worker.jetstream.topology.layout import ensure_stream
from worker.model import wire_json
from worker.model.finishing import Finishing
from worker.model.sequences import compact, runs
from worker.model.topology import audit_stream

MOST_SEQUENCES = 32 * 1024
"""Characters of sequences that a record carries; the fingerprint stands for all of them."""
MOST_FAILURES = 20
"""Failed letters that the record of an end names one by one."""
MOST_WHY = 2000
"""Characters of a reason that are kept."""
LAST_WORD = 5.0
"""Seconds that a change which was broken off has to say so."""

Result = Literal["done", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Change:
    """What is about to be changed.

    `about` names it: a stream, a consumer, a cause. `sequences` are of the stream in its life
    `generation`; `count` says how many letters there are where no sequences name them. `command`
    does the same from a command line. `details` has what else matters.
    """

    action: ActionName
    about: str
    command: str = ""
    why: str = ""
    generation: str = ""
    sequences: tuple[int, ...] = ()
    details: Mapping[str, str | int] = field(default_factory=dict)
    count: int = 0

    @property
    def fingerprint(self) -> str:
        """Return what tells this very plan from any other."""
        return self.fingerprint_with(compact(self.sequences))

    def fingerprint_with(self, sequences: str) -> str:
        """Return the fingerprint, given its sequences as `compact` says them."""
        said = (self.action, self.about, self.generation, sequences)
        return hashlib.sha256("\0".join(said).encode()).hexdigest()[:16]


class Tally:
    """What became of a change, as it goes on. `id` is that of its records."""

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.counts: Counter[str] = Counter()
        self.failures: list[dict[str, str | int]] = []
        self.stopped = False

    def count(self, outcome: str, sequence: int = 0, detail: str = "") -> None:
        """Take what became of one letter; those that failed are named in the record."""
        self.counts[outcome] += 1
        if outcome in ("failed", "unknown") and len(self.failures) < MOST_FAILURES:
            self.failures.append({"sequence": sequence, "outcome": outcome, "detail": detail[:300]})

    def count_all(self, outcomes: Sequence[Outcome]) -> None:
        """Take what became of many letters."""
        kinds = kinds_of(outcomes)
        if kinds["failed"] or kinds["unknown"]:
            for outcome in outcomes:
                self.count(outcome.outcome, outcome.sequence, outcome.detail)
        else:
            self.counts.update(kinds)


@contextlib.asynccontextmanager
async def audited(queue: Queue, change: Change) -> AsyncIterator[Tally]:
    """Record a change: that it begins, before anything is done, and how it ended.

    Raises:
        ReadOnlyError: this console may not change anything.
        AuditError: the record cannot be written: at the beginning nothing was changed.
        JetStreamError: no server answers; nothing was changed.
    """
    queue.guard(change.action)
    tally = Tally()
    await _begin(queue, change, tally)
    result: Result = "stopped"
    error = ""
    try:
        yield tally
        result = "stopped" if tally.stopped else "done"
    except (JetStreamError, OperationError) as failure:
        result, error = "failed", str(failure)
        raise
    finally:
        if error or result == "stopped":
            with contextlib.suppress(JetStreamError, TimeoutError):
                async with asyncio.timeout(LAST_WORD):
                    await _publish(queue, change, tally, _ended(tally, result, error))
        else:
            await _end(queue, change, tally)


async def note_finishing(queue: Queue, finishing: Finishing) -> None:
    """Put on record what was finished of somebody's interrupted run, beside that run's record.

    Raises:
        JetStreamError: it is not on record.
    """
    finishings = Finishings(queue.api, queue.names)
    patience = Patience(queue.api, queue.clock)
    await patience.repeat(lambda: _ensure(queue, finishings.subject))
    await patience.repeat(lambda: finishings.note(finishing))


async def _begin(queue: Queue, change: Change, tally: Tally) -> None:
    subject = queue.names.audit(change.action)
    patience = Patience(queue.api, queue.clock)
    try:
        await patience.repeat(lambda: _ensure(queue, subject))
        await patience.repeat(lambda: _publish(queue, change, tally, _begun(queue, change)))
    except JetStreamError as error:
        raise AuditError(
            tr(
                "nothing was changed: its record could not be written on {subject} ({error}). "
                "No change is made without one: see that {stream} can take it, and that we may "
                "publish there",
                subject=subject,
                error=error,
                stream=queue.names.audit_stream,
            )
        ) from error


async def _end(queue: Queue, change: Change, tally: Tally) -> None:
    patience = Patience(queue.api, queue.clock)
    try:
        await patience.repeat(lambda: _publish(queue, change, tally, _ended(tally, "done", "")))
    except JetStreamError as error:
        raise AuditError(
            tr(
                "the change was made, but its end could not be recorded ({error}): the audit will "
                "show {id} as not ended",
                error=error,
                id=tally.id,
            )
        ) from error


async def _ensure(queue: Queue, subject: str) -> None:
    """Have a stream for the records; beside a queue that Go made there is none yet."""
    work_queue = await find_stream(queue.api, queue.names.stream)
    replicas = work_queue.replicas if work_queue else 1
    await ensure_stream(queue.api, subject, audit_stream(queue.names, replicas))


async def _publish(queue: Queue, change: Change, tally: Tally, said: Mapping[str, Any]) -> None:
    record = {"id": tally.id, "action": change.action, **said}
    await queue.api.publish(
        queue.names.audit(change.action),
        wire_json.dumps(record),
        msg_id=f"{tally.id}-{said['phase']}",
    )


def _begun(queue: Queue, change: Change) -> dict[str, Any]:
    sequences = compact(change.sequences)
    kept = sequences[:MOST_SEQUENCES]
    if len(kept) < len(sequences):
        kept = kept.rpartition(",")[0]
    return {
        "phase": "begun",
        "by": queue.operator,
        "from": dict(seen_from(queue.api)),
        "why": change.why[:MOST_WHY],
        "about": change.about,
        "generation": change.generation,
        "count": change.count or sum(last - first + 1 for first, last in runs(change.sequences)),
        "sequences": kept,
        "sequences_cut": len(kept) < len(sequences),
        "fingerprint": change.fingerprint_with(sequences),
        "command": change.command,
        "details": dict(change.details),
    }


def _ended(tally: Tally, result: Result, error: str) -> dict[str, Any]:
    return {
        "phase": "ended",
        "result": result,
        "outcomes": dict(tally.counts),
        "failures": tally.failures,
        "error": error,
    }
