"""A plan in words, for people who decide whether to carry it out."""

from __future__ import annotations

from collections.abc import Mapping

from farutech_console.operations.model import Plan
from farutech_console.operations.units import duration
from worker.model.clock import format_rfc3339
from worker.model.text import literal

MOST_NAMED = 5


def plan_lines(plan: Plan) -> list[str]:
    """Return a plan in words, one thing a line."""
    lines = [f"{_verb(plan)} {letters(plan.count)} of {plan.stream}{_for_good(plan)}"]
    lines += [f"  {name:<9} {words}" for name, words in _rows(plan) if words]
    return lines


def letters(count: int) -> str:
    """Return `1 dead letter`, `2 dead letters`."""
    return "1 dead letter" if count == 1 else f"{count:,} dead letters"


def question(plan: Plan) -> str:
    """Return what is asked before a plan is carried out."""
    return f"{_verb(plan).capitalize()} {letters(plan.count)}{_for_good(plan)}?"


def _verb(plan: Plan) -> str:
    return "replay" if plan.kind == "replay" else "purge"


def _for_good(plan: Plan) -> str:
    return ", for good" if plan.kind == "purge_hard" else ""


def _rows(plan: Plan) -> list[tuple[str, str]]:
    rows = []
    if plan.count:
        rows += [
            ("which", f"seq {_span(plan)}, {_when(plan)}"),
            ("tenants", _most(plan.tenants)),
            ("types", _most(plan.task_types)),
        ]
    rows.append(("missing", _missing(plan)))
    rows += [("to", literal(plan.target)), ("history", _history(plan))]
    if plan.expiring:
        rows.append(("expiring", f"{plan.expiring:,} are dropped by the server within the hour"))
    rows += [("unknown", literal(line)) for line in _in_doubt(plan)]
    if plan.kind == "replay":
        asking = _asking(plan.asking) if plan.asking else ""
        rows += [("note", literal(plan.consumer_note)), ("workers", asking), ("pace", _pace(plan))]
    return [*rows, ("same as", literal(plan.command))]


def _span(plan: Plan) -> str:
    if plan.count == 1:
        return f"{plan.sequences[0]}"
    return f"{plan.sequences[0]:,} to {plan.sequences[-1]:,}"


def _when(plan: Plan) -> str:
    if plan.oldest_at is None or plan.newest_at is None:
        return "died at an unknown time"
    if plan.oldest_at == plan.newest_at:
        return f"died {format_rfc3339(plan.oldest_at)}"
    return f"died {format_rfc3339(plan.oldest_at)} to {format_rfc3339(plan.newest_at)}"


def _missing(plan: Plan) -> str:
    if not plan.missing:
        return ""
    named = ", ".join(str(sequence) for sequence in plan.missing[:MOST_NAMED])
    rest = len(plan.missing) - MOST_NAMED
    more = f" and {rest:,} more" if rest > 0 else ""
    return f"no dead letter lies under seq {named}{more}"


def _asking(count: int) -> str:
    return (
        "1 pull request of workers waits"
        if count == 1
        else f"{count:,} pull requests of workers wait"
    )


def _most(counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{literal(name) or '(none)'} {count:,}" for name, count in ranked[:MOST_NAMED]]
    rest = len(ranked) - MOST_NAMED
    return ", ".join(named) + (f" and {rest} more" if rest > 0 else "")


def _history(plan: Plan) -> str:
    if not plan.replayed_before:
        return ""
    if not plan.came_back:
        return f"{plan.replayed_before:,} came back at least once before"
    often = sum(count for times, count in plan.came_back.items() if times > 2)
    parts = [
        (plan.came_back.get(1, 0), "once"),
        (plan.came_back.get(2, 0), "twice"),
        (often, "more often"),
    ]
    told = [f"{count:,} {times}" for count, times in parts if count]
    return f"came back before: {', '.join(told)}"


def _in_doubt(plan: Plan) -> list[str]:
    if not plan.in_doubt:
        return []
    what = {
        "keep": "they are left alone; --unknown send or --unknown drop settles them",
        "send": "they are sent again, and may run twice",
        "drop": "they are deleted as if they had been sent, and may never run",
    }[plan.pacing.unknown]
    first = plan.in_doubt[0]
    return [
        f"of {len(plan.in_doubt):,} nobody may be able to tell whether they were sent: {what}",
        f"seq {first.sequence}: {first.told}",
    ]


def _pace(plan: Plan) -> str:
    rate = plan.pacing.rate
    time = f" ({duration(plan.count / rate.per_second)})" if rate and plan.count else ""
    return f"{plan.pacing}{time}"
