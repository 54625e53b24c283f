"""Changes as rows, and one of them in full. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.language import msg, tr
from farutech_console.operations.units import (
    age,
    count,
    plural,
    short_duration,
)
from farutech_console.tui.common.spans import Line, Span, Tone, line
from farutech_console.tui.common.tablerows import Column
from farutech_console.tui.common.waiting import no_connection
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from farutech_console.operations.audit.log import AuditEntry, EntryState
    from farutech_console.tui.common.live import Live

NONE = "–"  # noqa: RUF001 - a glyph
WIDE = 100
"""Columns from which it is said why."""

INTERRUPTED_S = 60.0
"""Seconds after which a change without an end is called interrupted rather than under way."""

STATES: dict[EntryState, tuple[str, Tone]] = {
    "done": (msg("● done"), "ok"),
    "stopped": (msg("‖ stopped"), "warn"),
    "failed": (msg("✖ failed"), "bad"),
    "finished": (msg("▲ interrupted"), "warn"),
    "open": (msg("◌ under way"), "accent"),
}
INTERRUPTED: tuple[str, Tone] = (msg("▲ not ended"), "warn")
NOTHING_LEFT: tuple[str, Tone] = (msg("◌ not ended"), "muted")
"""Of one of which nothing is half done."""
SOME_FAILED: tuple[str, Tone] = (msg("▲ some failed"), "warn")


def columns(width: int) -> tuple[Column, ...]:
    """Return the columns that fit."""
    why = (Column(tr("why"), 24),) if width >= WIDE else ()
    return (
        Column(tr("when"), 7, right=True),
        Column(tr("who"), 16),
        Column(tr("what"), 12),
        Column(tr("letters"), 8, right=True),
        Column(tr("ended"), 12),
        Column(tr("about")),
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
        words, tone = NOTHING_LEFT if entry.half_done == 0 else INTERRUPTED
    elif entry.state == "done" and entry.outcomes.get("failed", 0):
        words, tone = SOME_FAILED
    else:
        words, tone = STATES[entry.state]
    return Span(tr(words), tone)


def texts_of(entry: AuditEntry, now: datetime) -> tuple[str, ...]:
    """Return what a change can be found by."""
    told = (entry.by, entry.action, entry.about, entry.why, entry.command, entry.error)
    finishers = (one.by for one in entry.finished)
    return (*told, entry.id, entry.sequences, state_of(entry, now).text, *finishers)


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


def title_line(shown: int, found: Line, when: Span | None, *, more: bool) -> Line:
    """Return the line over the table.

    `found` says how many are shown where only some are, `when` how old they are: None where the
    audit was not read yet.
    """
    name = Span(f" {tr('Audit')}  ", "strong")
    if when is None:
        return line(name)
    number = tr("{n}+ changes", n=count(shown)) if more else plural(shown, "change")
    return line(name, number, *found, when)


def empty_lines(live: Live, failure: str, now: datetime, *, asked: bool) -> list[Line]:
    """Return why the table is empty."""
    if not live.link.connected:
        return no_connection(live, tr("There is no connection, so the audit cannot be read."), now)
    if failure:
        told = tr("The audit cannot be read: {why}", why=literal(failure))
        return [line(Span(f"▲ {told}", "warn"))]
    if not asked:
        return [line(Span(f"◌ {tr('Reading…')}", "muted"))]
    nobody = tr("Nobody has changed anything")
    here = tr("Replays, purges, pauses and all other changes appear here.")
    return [
        line(Span(f"● {nobody}", "ok"), tr(" in the time that the audit is kept.")),
        line(Span(here, "muted")),
    ]
