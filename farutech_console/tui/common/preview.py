"""A plan in words: what it touches, where it goes, and what to know before. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from farutech_console.operations.units import age, count, plural, short_duration
from farutech_console.tui.common.spans import Line, Span, Tone, line
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.model import Plan

LABEL = 9
NAMED = 3
"""Tenants or types that are named; the others are counted."""


def question(plan: Plan) -> str:
    """Return what the plan does, for its title and its button: `Replay 343 dead letters`."""
    return f"{plan.kind.capitalize()} {plural(plan.count, 'dead letter')}"


def preview(plan: Plan, now: datetime) -> list[Line]:
    """Return the plan's lines, labels in a column of their own."""
    return [
        _labelled("what", _what(plan, now)),
        _labelled("tasks", _some(plan.task_ids)),
        _labelled("tenants", _counted(plan.tenants)),
        _labelled("types", _counted(plan.task_types)),
        _labelled("to", _target(plan)),
        _labelled("history", _history(plan), "warn" if plan.replayed_before else "plain"),
        *([_labelled("pace", " ".join(plan.pacing.words()))] if plan.pacing.words() else []),
        *([_labelled("expiring", _expiring(plan), "warn")] if plan.expiring else []),
        *([_labelled("unknown", _in_doubt(plan), "warn")] if plan.in_doubt else []),
        *([_labelled("mind", literal(plan.consumer_note), "warn")] if plan.consumer_note else []),
        _labelled("same as", literal(plan.command), "accent"),
    ]


def _labelled(label: str, text: str, tone: Tone = "plain") -> Line:
    return line(Span(f"{label:<{LABEL}}", "muted"), Span(text, tone))


def _what(plan: Plan, now: datetime) -> str:
    if not plan.count:
        return "nothing: no letter is left of those that were marked"
    first, last = min(plan.sequences), max(plan.sequences)
    span = f"seq {count(first)}" if plan.count == 1 else f"seq {count(first)}…{count(last)}"
    ages = [
        short_duration(age(at, now)) for at in (plan.oldest_at, plan.newest_at) if at is not None
    ]
    died = " to ".join(dict.fromkeys(ages))
    stream = literal(plan.stream, 40)
    return f"{span} of {stream}" + (f", died {died} ago" if died else "")


def _in_doubt(plan: Plan) -> str:
    first = plan.in_doubt[0]
    several = len(plan.in_doubt) > 1
    letters = plural(len(plan.in_doubt), "letter")
    told = f"seq {count(first.sequence)}: {literal(first.told)}{', and others' if several else ''}"
    return f"nobody can tell whether {letters} went already ({told})"


def _some(names: tuple[str, ...]) -> str:
    known = next((literal(name, 40) for name in names if name), "")
    if not known:
        return "no task id can be read" if names else "none"
    more = len(names) - 1
    return f"{known} and {count(more)} more" if more else known


def _counted(numbers: Mapping[str, int]) -> str:
    ranked = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{literal(name, 24) or 'none'} ({count(number)})" for name, number in ranked[:NAMED]]
    more = len(ranked) - NAMED
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "") or "none"


def _target(plan: Plan) -> str:
    if plan.kind == "replay":
        return f"{literal(plan.target)}, then each letter is deleted"
    return literal(plan.target) or "nowhere: they are deleted for good"


def _history(plan: Plan) -> str:
    if plan.replayed_before:
        return f"{plural(plan.replayed_before, 'letter')} came back after a replay before"
    return "none was replayed before"


def _expiring(plan: Plan) -> str:
    return f"{plural(plan.expiring, 'letter')} will be dropped by the server within the hour"
