"""What is wrong with the queue, in words, worst first. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from farutech_console.operations.trend import Rates
from farutech_console.operations.units import age, count, duration, plural, rate
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from farutech_console.operations.causes import CauseGroup
    from farutech_console.operations.fleet_view import FleetView
    from farutech_console.operations.model import QueueStatus
    from worker.model.state import ConsumerState

Grade = Literal["bad", "warn"]
ProblemKind = Literal["queue", "stuck", "dead_letters", "backlog", "workers"]
GRADE_WORDS: dict[Grade, str] = {"bad": "PROBLEM", "warn": "WARNING"}

MOSTLY = 0.3
"""Share of the newest dead letters from which their cause is named."""

SHOWN_CAUSE = 60

GROWTH = 0.5
"""Tasks per second from which a backlog counts as growing."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that an operator should know. `kind` is what it is of.

    `room` has its evidence; `evidence` is the filter that finds it there, empty for all.
    """

    grade: Grade
    text: str
    room: str = ""
    kind: ProblemKind = "queue"
    evidence: str = ""


def problems(
    status: QueueStatus,
    rates: Rates,
    now: datetime,
    fleet: FleetView | None = None,
    causes: Sequence[CauseGroup] = (),
) -> tuple[Problem, ...]:
    """Return what is wrong, worst first; empty when all is well.

    Of the workers only where `fleet` is given; `causes` are those of the newest dead letters, those
    of most letters first.
    """
    found = [*_consumer(status), *_stuck(status), *_dead_letters(status, rates, now, causes)]
    found += _backlog(status, rates)
    found += _workers(fleet, now) if fleet else []
    return tuple(sorted(found, key=lambda problem: problem.grade != "bad"))


def _consumer(status: QueueStatus) -> list[Problem]:
    consumer = status.consumer
    if consumer is None:
        return [Problem("bad", "no consumer: no task is delivered to anybody", "workers")]
    found = []
    if consumer.paused:
        left = duration(consumer.pause_remaining)
        found.append(Problem("warn", f"the consumer is paused for another {left}", "workers"))
    elif not consumer.waiting and not consumer.ack_pending and consumer.pending:
        text = "no worker is pulling, and tasks are waiting"
        found.append(Problem("bad", text, "workers"))
    if _is_full(consumer):
        limit = count(consumer.max_ack_pending)
        found.append(
            Problem("bad", f"max ack pending {limit} reached: nothing more is delivered until acks")
        )
    return found


def _is_full(consumer: ConsumerState) -> bool:
    return 0 < consumer.max_ack_pending <= consumer.ack_pending


def _stuck(status: QueueStatus) -> list[Problem]:
    if status.stuck <= 0:
        return []
    text = f"{plural(status.stuck, 'task')} stuck: deliveries spent, nobody will get them again"
    return [Problem("bad", text, kind="stuck")]


def _dead_letters(
    status: QueueStatus, rates: Rates, now: datetime, causes: Sequence[CauseGroup]
) -> list[Problem]:
    dead = status.dead_letters
    if dead is None:
        return [Problem("bad", "no stream takes dead letters: failed tasks cannot be set aside")]
    if not dead.depth:
        return []
    text = plural(dead.depth, "dead letter")
    growing = rates.dead_letters is not None and rates.dead_letters > 0
    if growing and rates.dead_letters is not None:
        text += f", +{rate(rates.dead_letters)}"
    if dead.newest_at is not None:
        text += f", newest {duration(age(dead.newest_at, now))} ago"
    if dead.max_age is not None and dead.oldest_at is not None:
        left = dead.max_age - age(dead.oldest_at, now)
        text += f"; the oldest expires in {duration(left)}"
    mostly, evidence = _mostly(causes)
    grade: Grade = "bad" if growing else "warn"
    return [Problem(grade, text + mostly, "dlq", "dead_letters", evidence)]


def _mostly(causes: Sequence[CauseGroup]) -> tuple[str, str]:
    """Return what most of them died of, where that can be said, and the filter that finds those."""
    if not causes or causes[0].share < MOSTLY:
        return "", ""
    first = causes[0]
    what = literal(first.cause.text or first.cause.error_type, SHOWN_CAUSE)
    tenants = plural(len(first.tenants), "tenant") + (" or more" if first.more_tenants else "")
    evidence = f"cause:{first.cause.key}" if first.cause.key else ""
    return f"; {first.share:.0%} of the newest «{what}» at {tenants}", evidence


def _backlog(status: QueueStatus, rates: Rates) -> list[Problem]:
    consumer = status.consumer
    if consumer is None or rates.pending is None or rates.pending < GROWTH:
        return []
    text = f"the backlog grows by {rate(rates.pending)}: it never drains at this pace"
    return [Problem("warn", text, "tasks", "backlog")]


def _workers(fleet: FleetView, now: datetime) -> list[Problem]:
    found = []
    for worker in fleet.silent:
        since = duration(age(worker.seen_at, now))
        found.append(Problem("bad", f"{worker.name} is silent since {since}", "workers", "workers"))
    for task_type, count_ in sorted(_open_breakers(fleet).items()):
        where = plural(count_, "worker")
        found.append(
            Problem("warn", f"the breaker of {task_type} is open at {where}", "workers", "workers"),
        )
    return found


def _open_breakers(fleet: FleetView) -> Counter[str]:
    return Counter(
        breaker.task_type
        for worker in fleet.answered
        if worker.report
        for breaker in worker.report.breakers
    )


def drain_seconds(pending: int, rates: Rates) -> float | None:
    """Return in how many seconds the backlog is gone at this pace, None if that cannot be said."""
    if not pending or rates.pending is None or rates.pending >= 0:
        return None
    return pending / -rates.pending


def drain_text(pending: int, rates: Rates) -> str:
    """Return when the backlog will be gone at this pace, empty where that cannot be said."""
    seconds = drain_seconds(pending, rates)
    return "" if seconds is None else f"drains in about {duration(seconds)}"
