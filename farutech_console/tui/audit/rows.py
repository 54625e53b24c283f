"""Changes as rows, and one of them in full. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.operations.actions import ACTIONS
from farutech_console.operations.units import (
    age,
    count,
    duration,
    full_time,
    plural,
    short_duration,
)
from farutech_console.tui.common.spans import Line, Span, Tone, line
from farutech_console.tui.common.table import Column
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from farutech_console.operations.audit_log import AuditEntry, EntryState
    from farutech_console.tui.common.live import Live

NONE = "–"  # noqa: RUF001 - a glyph
WIDE = 100
"""Columns from which it is said why."""

INTERRUPTED_S = 60.0
"""Seconds after which a change without an end is called interrupted rather than under way."""

STATES: dict[EntryState, tuple[str, Tone]] = {
    "done": ("● done", "ok"),
    "stopped": ("‖ stopped", "warn"),
    "failed": ("✖ failed", "bad"),
    "open": ("◌ under way", "accent"),
}
INTERRUPTED: tuple[str, Tone] = ("▲ not ended", "warn")


def columns(width: int) -> tuple[Column, ...]:
    """Return the columns that fit."""
    why = (Column("why", 24),) if width >= WIDE else ()
    return (
        Column("when", 7, right=True),
        Column("who", 16),
        Column("what", 12),
        Column("letters", 7, right=True),
        Column("ended", 12),
        Column("about"),
        *why,
    )


def cells(entry: AuditEntry, now: datetime, width: int) -> tuple[Span, ...]:
    """Return what the columns show of one change."""
    why = (Span(literal(entry.why) or NONE, "muted"),) if width >= WIDE else ()
    return (
        Span(short_duration(age(entry.began_at, now))),
        Span(literal(entry.by)),
        Span(literal(entry.action), "bad" if entry.action == "purge_hard" else "plain"),
        Span(count(entry.count) if entry.count else NONE),
        state_of(entry, now),
        Span(literal(entry.about) or literal(entry.command), "muted"),
        *why,
    )


def state_of(entry: AuditEntry, now: datetime) -> Span:
    """Return how a change ended. One without an end was interrupted, or is under way."""
    if entry.state == "open" and age(entry.began_at, now) > INTERRUPTED_S:
        return Span(*INTERRUPTED)
    if entry.state == "done" and entry.outcomes.get("failed", 0):
        return Span("▲ some failed", "warn")
    return Span(*STATES[entry.state])


class EntryRows:
    """The changes as the table asks for them, known by their places in the audit."""

    def __init__(self, entries: Sequence[AuditEntry], now: datetime, width: int) -> None:
        self._entries, self._now, self._width = entries, now, width
        self._places = {entry.sequence: place for place, entry in enumerate(entries)}

    def __len__(self) -> int:
        """How many were read."""
        return len(self._entries)

    def key_at(self, index: int) -> int | None:
        """Return the place in the audit of the change there."""
        return self._entries[index].sequence if index < len(self._entries) else None

    def index_of(self, key: int) -> int:
        """Return where a change is, the first place where it is gone."""
        return self._places.get(key, 0)

    def cells(self, index: int) -> tuple[Span, ...]:
        """Return the change's columns."""
        return cells(self._entries[index], self._now, self._width)

    def entry(self, key: int | None) -> AuditEntry | None:
        """Return the change at this place in the audit."""
        return self._entries[self._places[key]] if key in self._places else None


def detail_lines(entry: AuditEntry, now: datetime) -> list[Line]:
    """Return all there is to know of a change."""
    ended = full_time(entry.ended_at) if entry.ended_at else NONE
    action = next((each for name, each in ACTIONS.items() if name == entry.action), None)
    lines = [
        line(state_of(entry, now), Span(f"  {literal(entry.action)}", "strong")),
        _labelled("who", literal(entry.by)),
        _labelled("from", _from(entry.seen_from)),
        _labelled("began", f"{full_time(entry.began_at)}, {_ago(entry.began_at, now)}"),
        _labelled("ended", ended),
        _labelled("why", literal(entry.why) or NONE),
        _labelled("about", literal(entry.about) or NONE),
    ]
    if entry.count:
        cut = " and more" if entry.sequences_cut else ""
        lines.append(_labelled("letters", f"{count(entry.count)}: {literal(entry.sequences)}{cut}"))
    if entry.command:
        lines.append(_labelled("command", literal(entry.command), "accent"))
    lines += [
        _labelled(literal(name, 10), count(number), _tone_of(name))
        for name, number in entry.outcomes.items()
        if number
    ]
    if entry.error:
        lines.append(_labelled("error", literal(entry.error), "bad"))
    for failure in entry.failures:
        told = ", ".join(f"{key} {value}" for key, value in failure.items())
        lines.append(_labelled("failure", literal(told), "bad"))
    lines += [_labelled(literal(key, 10), literal(str(v))) for key, v in entry.details.items()]
    if action is not None:
        lines += [line(), line(Span(f"It {action.does}.", "muted"))]
        if action.undone_by:
            lines.append(line(Span(f"The way back: {action.undone_by}", "muted")))
    return [*lines, line(Span(f"id {literal(entry.id)}", "muted"))]


def title_line(shown: int, *, more: bool, looked: datetime | None, now: datetime) -> Line:
    """Return the line over the table."""
    number = f"{count(shown)}+ changes" if more else plural(shown, "change")
    when = f"   read {duration(age(looked, now))} ago" if looked else ""
    return line(Span(" Audit  ", "strong"), number, Span(when, "muted"))


def empty_lines(live: Live, failure: str, *, asked: bool) -> list[Line]:
    """Return why the table is empty."""
    if failure:
        return [line(Span(f"▲ The audit cannot be read: {literal(failure)}", "warn"))]
    if not live.link.connected:
        return [line(Span("✖ There is no connection, so the audit cannot be read.", "bad"))]
    if not asked:
        return [line(Span("◌ Reading…", "muted"))]
    return [
        line(Span("● Nobody has changed anything", "ok"), " in the time that the audit is kept."),
        line(Span("Replays, purges, pauses and all other changes appear here.", "muted")),
    ]


def _ago(then: datetime, now: datetime) -> str:
    return f"{duration(age(then, now))} ago"


def _from(seen: Mapping[str, object]) -> str:
    told = " ".join(str(value) for value in seen.values() if value)
    return literal(told) or NONE


def _tone_of(outcome: str) -> Tone:
    return {"failed": "bad", "unknown": "warn"}.get(outcome, "plain")  # type: ignore[return-value]


def _labelled(label: str, text: str, tone: Tone = "plain") -> Line:
    return line(Span(f"{label:<11}", "muted"), Span(text, tone))
