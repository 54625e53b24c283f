"""Task events as rows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.language import tr, trn
from farutech_console.operations.units import clock_time, count, duration, wait
from farutech_console.operations.watch.trend import Hearing
from farutech_console.operations.watch.verdict import kinds_in_words
from farutech_console.tui.common.kinds import kind_span
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.common.tablerows import Column
from farutech_console.tui.common.waiting import no_connection
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.model import FeedCounts, TaskEvent
    from farutech_console.tui.common.eventlog import EventLog
    from worker.model.heard import HeardKind

AT_ONCE = 0.05
"""Seconds of delay that are none worth telling."""

NONE = "–"  # noqa: RUF001 - a glyph
WIDE = 120


def columns(width: int) -> tuple[Column, ...]:
    """Return the columns that fit this width."""
    if width >= WIDE:
        return (
            Column(tr("time UTC"), 8),
            Column(tr("event"), 13),
            Column("seq", 9, right=True),
            Column(tr("task"), 36),
            Column(tr("tenant"), 18),
            Column(tr("type"), 12),
            Column(tr("try"), 3, right=True),
            Column(tr("what")),
        )
    return (
        Column(tr("time UTC"), 8),
        Column(tr("event"), 13),
        Column(tr("task"), 15),
        Column(tr("tenant"), 12),
        Column(tr("try"), 3, right=True),
        Column(tr("what")),
    )


def cells(event: TaskEvent, width: int) -> tuple[Span, ...]:
    """Return what the columns show of one event."""
    kind = kind_span(event.kind)
    task = Span(literal(event.task_id, 36) or _by_sequence(event), "plain")
    tenant = Span(literal(event.tenant_id, 18) or NONE)
    tries = Span(str(event.attempt) if event.attempt else NONE)
    what = Span(_what(event), "muted")
    time = Span(clock_time(event.at), "muted")
    if width >= WIDE:
        sequence = Span(count(event.sequence) if event.sequence else NONE, "muted")
        task_type = Span(literal(event.task_type, 12) or NONE)
        return (time, kind, sequence, task, tenant, task_type, tries, what)
    return (time, kind, task, tenant, tries, what)


def _by_sequence(event: TaskEvent) -> str:
    return f"seq {count(event.sequence)}" if event.sequence else NONE


def _what(event: TaskEvent) -> str:
    again = ""
    if event.delay is not None:
        at_once = event.delay < AT_ONCE
        again = tr("again at once") if at_once else tr("again in {span}", span=wait(event.delay))
    return "  ".join(part for part in (again, literal(event.detail, 300)) if part)


class EventRows:
    """The events of a log as it stands now, each known by its number."""

    def __init__(self, log: EventLog, width: int) -> None:
        self._log, self._width = log, width
        self._first, self._end = log.first, log.total

    def __len__(self) -> int:
        """How many there are."""
        return self._end - self._first

    def key_at(self, index: int) -> int:
        """Return the event's number."""
        return self._first + index

    def index_of(self, key: int) -> int:
        """Return where the event of this number is; the oldest where it is let go."""
        return max(0, key - self._first)

    def cells(self, index: int) -> tuple[Span, ...]:
        """Return the event's columns."""
        return cells(self._log.event(self._first + index), self._width)


def empty_lines(
    live: Live, hearing: Hearing, since: datetime, now: datetime, doctor: str
) -> list[Line]:
    """Return why no event is shown."""
    heard = duration((now - since).total_seconds())
    if not live.link.connected:
        later = tr("Events are heard live; what happened meanwhile is not told later.")
        return [
            *no_connection(live, tr("No events: there is no connection."), now),
            line(Span(later, "muted")),
        ]
    if lacks := unheard(hearing):
        return [
            line(Span(f"▲ {lacks}", "warn")),
            *map(_muted, _what_works(hearing, literal(doctor))),
        ]
    return [
        line(Span(tr("No task event in {span}, since the console listens.", span=heard), "strong")),
        line(Span(_why_quiet(live), "muted")),
    ]


def unheard(hearing: Hearing) -> str:
    """Return what of the events is not heard, empty where all is."""
    if hearing.deaf:
        return tr("not heard: {what}", what=", ".join(kinds_in_words(hearing.deaf)))
    return tr("tasks come and none is overheard") if hearing.unheard else ""


def _what_works(hearing: Hearing, doctor: str) -> list[str]:
    stuck = tr("s lists the stuck tasks, :task ID and :tenant ID find any task all the same")
    if hearing.deaf:
        why = tr("our user may not listen to them; {command} names the subjects", command=doctor)
        return [why, stuck]
    return [tr("is the stream fed from another account?"), stuck]


def _muted(text: str) -> Line:
    return line(Span(text, "muted"))


def _why_quiet(live: Live) -> str:
    consumer = live.status.consumer if live.status else None
    if live.status is None:
        return tr("Events are heard live: every publish, retry, success and dead letter.")
    if consumer is None:
        return tr("The consumer does not exist, so no task is delivered.")
    if consumer.pending and not consumer.waiting:
        return trn(
            "{n} task waits and no worker is pulling.",
            "{n} tasks wait and no worker is pulling.",
            consumer.pending,
            n=count(consumer.pending),
        )
    if consumer.ack_pending:
        return trn(
            "{n} task is in flight or in backoff: wait for it.",
            "{n} tasks are in flight or in backoff: wait for them.",
            consumer.ack_pending,
            n=count(consumer.ack_pending),
        )
    return tr("Nothing is published and nothing is pending: the queue is idle.")


def summary(counts: FeedCounts, kept: int, let_go: int, hearing: Hearing) -> str:
    """Return what was heard in all, and what is not shown of it."""

    def heard(number: int, kind: HeardKind) -> str:
        return count(number) if hearing.hears(kind) else NONE

    parts = [
        tr("published {n}", n=heard(counts.published, "task")),
        tr("succeeded {n}", n=heard(counts.succeeded, "acknowledgement")),
        tr("retried {n}", n=heard(counts.retrying, "acknowledgement")),
        tr("dead {n}", n=heard(counts.dead_lettered, "dead_letter")),
    ]
    if let_go:
        told = tr("newest {n} shown, {older} older let go", n=count(kept), older=count(let_go))
        parts.append(told)
    if counts.dropped:
        parts.append(tr("▲ {n} dropped unseen", n=count(counts.dropped)))
    return " · ".join(parts)
