"""What a replay or purge will touch, read once and then frozen."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from farutech_console.operations.model import Plan, PlanKind
from worker.jetstream.api import Api
from worker.jetstream.dead_letters import DeadLetters
from worker.jetstream.topology import Layout, find_consumer
from worker.model.clock import Clock
from worker.model.dead_letter import StoredDeadLetter
from worker.model.names import QueueNames
from worker.model.replay import replay_count
from worker.model.state import ConsumerState

EXPIRES_SOON = timedelta(hours=1)
_AT_ONCE = 500
_COMMANDS: dict[PlanKind, tuple[str, ...]] = {
    "replay": ("replay",),
    "purge": ("purge",),
    "purge_hard": ("purge", "--hard"),
}


async def make_plan(
    api: Api,
    layout: Layout,
    kind: PlanKind,
    sequences: Sequence[int] | None,
    *,
    clock: Clock,
) -> Plan:
    """Plan for these letters, for all that lie there now where `sequences` is None.

    Sequences under which no dead letter lies are named in the plan, and will not be touched.

    Raises:
        JetStreamError: the server could not be asked.
    """
    summary = _Summary(soon=clock.now() + EXPIRES_SOON)
    async for letters in _read(DeadLetters(api, layout), sequences):
        for letter in letters:
            summary.add(letter)
    names = layout.names
    consumer = await find_consumer(api, names.stream, names.consumer)
    found = set(summary.sequences)
    return Plan(
        kind=kind,
        stream=layout.dead_letters.name,
        generation=layout.dlq_generation,
        sequences=tuple(summary.sequences),
        task_ids=tuple(summary.task_ids),
        target=_target(kind, names),
        oldest_at=summary.oldest_at,
        newest_at=summary.newest_at,
        tenants=dict(summary.tenants),
        task_types=dict(summary.task_types),
        replayed_before=summary.replayed_before,
        expiring=summary.expiring,
        consumer_note=_consumer_note(names, consumer) if kind == "replay" else "",
        command=command_line(kind, names, sequences),
        missing=tuple(sorted(set(sequences or ()) - found)),
    )


def _target(kind: PlanKind, names: QueueNames) -> str:
    if kind == "replay":
        return names.tasks
    if kind == "purge":
        return f"{names.archive_stream}: undo brings them back within 7 days"
    return "nowhere: deleted for good"


def command_line(kind: PlanKind, names: QueueNames, sequences: Sequence[int] | None) -> str:
    """Return the command that plans the same on the same server."""
    words = ["farutech-console", "dlq", *_COMMANDS[kind]]
    usual = QueueNames()
    for flag, value, default in (
        ("--stream", names.stream, usual.stream),
        ("--prefix", names.prefix, usual.prefix),
        ("--consumer", names.consumer_name, ""),
        ("--dlq-stream", names.dlq_stream_name, ""),
    ):
        words += [flag, value] if value != default else []
    if sequences is None:
        words.append("--all")
    for sequence in sorted(set(sequences or ())):
        words += ["--seq", str(sequence)]
    return shlex.join(words)


async def _read(
    letters: DeadLetters, sequences: Sequence[int] | None
) -> AsyncIterator[Iterable[StoredDeadLetter]]:
    if sequences is None:
        async for page in letters.scan():
            yield page
        return
    wanted = sorted(set(sequences))
    for start in range(0, len(wanted), _AT_ONCE):
        found = await letters.these(wanted[start : start + _AT_ONCE])
        yield [found[sequence] for sequence in sorted(found)]


@dataclass
class _Summary:
    soon: datetime
    sequences: list[int] = field(default_factory=list)
    task_ids: list[str] = field(default_factory=list)
    tenants: Counter[str] = field(default_factory=Counter)
    task_types: Counter[str] = field(default_factory=Counter)
    replayed_before: int = 0
    expiring: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None

    def add(self, letter: StoredDeadLetter) -> None:
        died_at = letter.died_at
        self.sequences.append(letter.sequence)
        self.task_ids.append(letter.task.task_id)
        self.tenants[letter.task.tenant_id] += 1
        self.task_types[letter.task.task_type] += 1
        self.oldest_at = min(self.oldest_at or died_at, died_at)
        self.newest_at = max(self.newest_at or died_at, died_at)
        came_back = letter.letter is not None and letter.letter.replays > 0
        if came_back or replay_count(letter.headers):
            self.replayed_before += 1
        if letter.expires_at is not None and letter.expires_at <= self.soon:
            self.expiring += 1


def _consumer_note(names: QueueNames, consumer: ConsumerState | None) -> str:
    if consumer is None:
        return f"there is no consumer {names.consumer}: nobody runs the tasks until there is"
    if consumer.paused:
        minutes = consumer.pause_remaining / 60
        return f"{names.consumer} is paused for another {minutes:.0f} min: the tasks wait till then"
    if consumer.waiting == 0 and consumer.ack_pending == 0:
        return f"no worker asks {names.consumer} for tasks: they wait until one does"
    return ""
