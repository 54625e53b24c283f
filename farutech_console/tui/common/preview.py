"""A plan in words: what it touches, where it goes, and what to know before. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from farutech_console.language import tr, trn
from farutech_console.operations.units import age, count, short_duration
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
    number = count(plan.count)
    if plan.kind == "replay":
        return trn("Replay {n} dead letter", "Replay {n} dead letters", plan.count, n=number)
    return trn("Purge {n} dead letter", "Purge {n} dead letters", plan.count, n=number)


def preview(plan: Plan, now: datetime) -> list[Line]:
    """Return the plan's lines, labels in a column of their own."""
    return [
        _labelled(tr("what"), _what(plan, now)),
        *(
            [_labelled(tr("tasks"), _some(plan.task_ids))]
            if plan.task_ids or not plan.count
            else []
        ),
        *([_labelled(tr("gone"), _gone(plan), "warn")] if plan.count and plan.missing else []),
        _labelled(tr("tenants"), _counted(plan.tenants)),
        _labelled(tr("types"), _counted(plan.task_types)),
        _labelled(tr("to"), _target(plan)),
        _labelled(tr("history"), _history(plan), "warn" if plan.replayed_before else "plain"),
        *([_labelled(tr("pace"), str(plan.pacing))] if plan.pacing.words() else []),
        *([_labelled(tr("expiring"), _expiring(plan), "warn")] if plan.expiring else []),
        *([_labelled(tr("unknown"), _in_doubt(plan), "warn")] if plan.in_doubt else []),
        *([_labelled(tr("mind"), literal(note), "warn")] if (note := plan.consumer_note) else []),
        _labelled(tr("same as"), literal(plan.command), "accent"),
    ]


def _labelled(label: str, text: str, tone: Tone = "plain") -> Line:
    return line(Span(f"{label:<{LABEL - 1}} ", "muted"), Span(text, tone))


def _what(plan: Plan, now: datetime) -> str:
    if not plan.count:
        return tr("nothing: no letter is left of those that were marked")
    first, last = min(plan.sequences), max(plan.sequences)
    span = f"seq {count(first)}" if plan.count == 1 else f"seq {count(first)}…{count(last)}"
    ages = [
        short_duration(age(at, now)) for at in (plan.oldest_at, plan.newest_at) if at is not None
    ]
    told = tr("{span} of {stream}", span=span, stream=literal(plan.stream, 40))
    since = list(dict.fromkeys(ages))
    if len(since) > 1:
        return told + tr(", died {first} to {last} ago", first=since[0], last=since[-1])
    return told + (tr(", died {age} ago", age=since[0]) if since else "")


def _gone(plan: Plan) -> str:
    return trn(
        "{n} of those that were marked lies there no more",
        "{n} of those that were marked lie there no more",
        len(plan.missing),
        n=count(len(plan.missing)),
    )


def _in_doubt(plan: Plan) -> str:
    first = plan.in_doubt[0]
    told = f"seq {count(first.sequence)}: {literal(first.told)}"
    others = tr(", and others") if len(plan.in_doubt) > 1 else ""
    return trn(
        "nobody can tell whether {n} letter went already ({told})",
        "nobody can tell whether {n} letters went already ({told})",
        len(plan.in_doubt),
        told=told + others,
    )


def _some(names: tuple[str, ...]) -> str:
    known = next((literal(name, 40) for name in names if name), "")
    if not known:
        return tr("no task id can be read") if names else tr("none")
    more = len(names) - 1
    return tr("{known} and {n} more", known=known, n=count(more)) if more else known


def _counted(numbers: Mapping[str, int]) -> str:
    ranked = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    none = tr("none")
    shown = [f"{literal(name, 24) or none} ({count(number)})" for name, number in ranked[:NAMED]]
    more = len(ranked) - NAMED
    known = ", ".join(shown)
    return tr("{known} and {n} more", known=known, n=count(more)) if more > 0 else known or none


def _target(plan: Plan) -> str:
    if plan.kind == "replay":
        return tr("{subject}, then each letter is deleted", subject=literal(plan.target))
    return literal(tr(plan.target)) or tr("nowhere: they are deleted for good")


def _history(plan: Plan) -> str:
    if plan.replayed_before:
        return trn(
            "{n} letter came back after a replay before",
            "{n} letters came back after a replay before",
            plan.replayed_before,
            n=count(plan.replayed_before),
        )
    return tr("none was replayed before")


def _expiring(plan: Plan) -> str:
    return trn(
        "{n} letter will be dropped by the server within the hour",
        "{n} letters will be dropped by the server within the hour",
        plan.expiring,
        n=count(plan.expiring),
    )
