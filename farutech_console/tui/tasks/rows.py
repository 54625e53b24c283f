"""Task events as rows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.language import tr
from farutech_console.operations.units import clock_time, count, duration
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.spans import Line, Span, Tone, line
from farutech_console.tui.common.table import Column
from farutech_console.tui.common.waiting import no_connection
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.model import EventKind, FeedCounts, TaskEvent
    from farutech_console.tui.common.eventlog import EventLog

NONE = "–"  # noqa: RUF001 - a glyph
WIDE = 120
LOOKS: dict[EventKind, tuple[str, Tone]] = {
    "published": ("+ published", "accent"),
    "succeeded": ("● succeeded", "ok"),
    "retrying": ("↻ retrying", "warn"),
    "in_progress": ("… in progress", "muted"),
    "terminated": ("■ terminated", "muted"),
    "dead_lettered": ("✖ dead letter", "bad"),
    "exhausted": ("✖ exhausted", "bad"),
}


def columns(width: int) -> tuple[Column, ...]:
    """Return the columns that fit this width."""
    if width >= WIDE:
        return (
            Column("time UTC", 8),
            Column("event", 13),
            Column("seq", 9, right=True),
            Column("task", 36),
            Column("tenant", 18),
            Column("type", 12),
            Column("try", 3, right=True),
            Column("what"),
        )
    return (
        Column("time UTC", 8),
        Column("event", 13),
        Column("task", 15),
        Column("tenant", 12),
        Column("try", 3, right=True),
        Column("what"),
    )


def cells(event: TaskEvent, width: int) -> tuple[Span, ...]:
    """Return what the columns show of one event."""
    word, tone = LOOKS[event.kind]
    task = Span(literal(event.task_id, 36) or _by_sequence(event), "plain")
    tenant = Span(literal(event.tenant_id, 18) or NONE)
    tries = Span(str(event.attempt) if event.attempt else NONE)
    what = Span(_what(event), "muted")
    time = Span(clock_time(event.at), "muted")
    if width >= WIDE:
        sequence = Span(count(event.sequence) if event.sequence else NONE, "muted")
        kind = Span(literal(event.task_type, 12) or NONE)
        return (time, Span(word, tone), sequence, task, tenant, kind, tries, what)
    return (time, Span(word, tone), task, tenant, tries, what)


def _by_sequence(event: TaskEvent) -> str:
    return f"seq {count(event.sequence)}" if event.sequence else NONE


def _what(event: TaskEvent) -> str:
    again = f"again in {duration(event.delay)}" if event.delay is not None else ""
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


def empty_lines(live: Live, since: datetime, now: datetime) -> list[Line]:
    """Return why no event is shown."""
    heard = duration((now - since).total_seconds())
    if not live.link.connected:
        return [
            *no_connection(live, tr("No events: there is no connection."), now),
            line(
                Span("Events are heard live; what happened meanwhile is not told later.", "muted")
            ),
        ]
    return [
        line(Span(f"No task event in {heard}, since the console listens.", "strong")),
        line(Span(_why_quiet(live), "muted")),
    ]


def _why_quiet(live: Live) -> str:
    consumer = live.status.consumer if live.status else None
    if live.status is None:
        return "Events are heard live: every publish, retry, success and dead letter."
    if consumer is None:
        return "The consumer does not exist, so no task is delivered."
    if consumer.pending and not consumer.waiting:
        return f"{count(consumer.pending)} tasks wait and no worker is pulling."
    if consumer.ack_pending:
        return f"{count(consumer.ack_pending)} tasks are in flight or in backoff: wait for them."
    return "Nothing is published and nothing is pending: the queue is idle."


def summary(counts: FeedCounts, kept: int, let_go: int) -> str:
    """Return what was heard in all, and what is not shown of it."""
    parts = [
        f"published {count(counts.published)}",
        f"succeeded {count(counts.succeeded)}",
        f"retried {count(counts.retrying)}",
        f"dead {count(counts.dead_lettered)}",
    ]
    if let_go:
        parts.append(f"newest {count(kept)} shown, {count(let_go)} older let go")
    if counts.dropped:
        parts.append(f"▲ {count(counts.dropped)} dropped unseen")
    return " · ".join(parts)
