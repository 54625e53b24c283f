"""Whether a replay worked: what the live events say of the tasks that were sent again. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from farutech_console.language import msg, tr

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.model import EventKind, TaskEvent

Fate = Literal["succeeded", "dead", "stuck", "running", "unheard"]
FATES: dict[Fate, tuple[str, str]] = {
    "succeeded": ("●", msg("{n} succeeded")),
    "dead": ("✖", msg("{n} came back dead")),
    "stuck": ("✖", msg("{n} stuck")),
    "running": ("↻", msg("{n} running")),
    "unheard": ("◌", msg("{n} not heard of")),
}
"""A glyph and what an operator reads of each, in this order; true of one and of many."""


def fate_words(fate: Fate, number: str = "") -> str:
    """Return what an operator reads of a fate: of so many letters, or of one that is named."""
    glyph, words = FATES[fate]
    return f"{glyph} {tr(words, n=number).strip()}"


_ENDS: dict[EventKind, Fate] = {
    "succeeded": "succeeded",
    "dead_lettered": "dead",
    "exhausted": "stuck",
}
_SIGNS: frozenset[EventKind] = frozenset({"retrying", "in_progress"})


EARLY = 10_000
"""Ends of tasks without a name that are kept, in case the outcome that names them comes later."""


class _End(NamedTuple):
    fate: Fate
    why: str


class Aftermath:
    """Follows tasks from `since` on: by their id, or by the sequence under which they were sent.

    A quick task is gone before anybody could read its id; its settlement still names the sequence.
    Tasks without an id cannot be followed. Where several letters were of one task, each end that
    is heard of counts for one of them.
    """

    def __init__(self, task_ids: Iterable[str], since: datetime) -> None:
        self._wanted = set(filter(None, task_ids))
        self._since = since
        self._sent: Counter[str] = Counter()
        self._ends: dict[str, list[_End]] = {}
        self._alive: set[str] = set()
        self._stored: dict[int, str] = {}
        self._early: dict[int, _End] = {}
        self._shares: dict[str, list[Fate]] = {}
        self._totals: Counter[Fate] = Counter()

    def sent(self, task_id: str, stored_as: int = 0) -> None:
        """A letter of this task was replayed; `stored_as` is its sequence there, 0 if unknown."""
        if task_id:
            self._wanted.add(task_id)
            early = self._early.pop(stored_as, None)
            if early is not None:
                self._ends.setdefault(task_id, []).append(early)
            elif stored_as:
                self._stored[stored_as] = task_id
        self._sent[task_id] += 1
        self._count(task_id)

    def hear(self, events: Iterable[TaskEvent]) -> None:
        """Take live events, of these tasks or of others."""
        for event in events:
            if event.at < self._since:
                continue
            task_id = event.task_id or self._stored.get(event.sequence, "")
            fate = _ENDS.get(event.kind)
            if fate is not None:
                self._end(task_id, event.sequence, _End(fate, event.detail))
            elif event.kind in _SIGNS and task_id in self._wanted:
                self._alive.add(task_id)
                self._count(task_id)

    def _end(self, task_id: str, sequence: int, end: _End) -> None:
        if task_id in self._wanted:
            self._stored.pop(sequence, None)
            self._ends.setdefault(task_id, []).append(end)
            self._count(task_id)
        elif not task_id and sequence:
            self._early[sequence] = end
            if len(self._early) > EARLY:
                del self._early[next(iter(self._early))]

    def _count(self, task_id: str) -> None:
        """Count one task anew: with many letters, all of them ten times a second cost too much."""
        sent = self._sent[task_id]
        share = [end.fate for end in self._ends.get(task_id, [])[:sent]]
        share += [self._open(task_id)] * (sent - len(share))
        self._totals.subtract(self._shares.get(task_id, ()))
        self._totals.update(share)
        self._shares[task_id] = share

    def _open(self, task_id: str) -> Fate:
        return "running" if task_id in self._alive else "unheard"

    def counts(self) -> Mapping[Fate, int]:
        """Return how many of the replayed letters had each fate; those of none are left out."""
        return {fate: self._totals[fate] for fate in FATES if self._totals[fate]}

    def dead(self) -> list[str]:
        """Return the replayed tasks that are known to have ended as dead letters again."""
        return [
            task_id
            for task_id in self._ends
            if self._sent[task_id] and self.fate(task_id)[0] == "dead"
        ]

    def fate(self, task_id: str) -> tuple[Fate, str]:
        """Return a task's last known fate, and what was said of it."""
        ends = self._ends.get(task_id, [])[: max(1, self._sent[task_id])]
        return ends[-1] if ends else (self._open(task_id), "")
