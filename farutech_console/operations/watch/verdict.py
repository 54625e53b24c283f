"""What is wrong with the queue, in words, worst first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.language import tr, trn
from farutech_console.language.library import retold
from farutech_console.operations.causes.masking import without_address
from farutech_console.operations.units import age, count, duration, rate, short_time
from farutech_console.operations.watch.fleet_verdict import fleet_problems
from farutech_console.operations.watch.problem import Grade, Problem
from farutech_console.operations.watch.trend import Hearing, Rates
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from farutech_console.operations.causes.causes import CauseGroup
    from farutech_console.operations.fleet.view import FleetView
    from farutech_console.operations.model import Part, QueueStatus
    from worker.model.heard import HeardKind
    from worker.model.state import ConsumerState

MOSTLY = 0.3
"""Share of the newest dead letters from which their cause is named."""

MAINLY = 0.5
"""Share from which it is said that they died of it mostly."""

SHOWN_CAUSE = 44
SHOWN_TENANT = 24
SHOWN_ADDRESS = 40

STUCK = "stuck"
"""The evidence of tasks that are stuck: the room of the tasks lists them."""

STILL = 60.0
"""Seconds without a delivery from which on the last one is told of: stuck tasks had theirs then."""

SKEW = 5.0
"""Seconds that clocks may differ before ages and expiry times mislead."""

GROWTH = 0.5
"""Tasks per second from which a backlog counts as growing."""


EARS = Hearing()
"""All is overheard."""


def problems(
    status: QueueStatus,
    rates: Rates,
    now: datetime,
    fleet: FleetView | None = None,
    causes: Sequence[CauseGroup] = (),
    hearing: Hearing = EARS,
) -> tuple[Problem, ...]:
    """Return what is wrong, worst first; empty when all is well.

    Of the workers only where `fleet` is given; `causes` are those of the newest dead letters, those
    of most letters first; `hearing` is what is overheard.
    """
    found = [
        *_unread(status),
        *_consumer(status),
        *_dead_letters(status, rates, now, causes),
        *_stuck(status, now),
    ]
    found += _backlog(status, rates)
    found += fleet_problems(fleet, now) if fleet else []
    found += _deaf(hearing)
    found += _clock(status)
    return tuple(sorted(found, key=lambda problem: problem.grade != "bad"))


def counted(found: Sequence[Problem]) -> str:
    """Return how many problems and warnings there are, empty where there is none."""
    bad = sum(problem.grade == "bad" for problem in found)
    warnings = len(found) - bad
    counts = [trn("{n} problem", "{n} problems", bad)] if bad else []
    counts += [trn("{n} warning", "{n} warnings", warnings)] if warnings else []
    return ", ".join(counts)


def headline(found: Sequence[Problem]) -> str:
    """Return the verdict in one sentence: how many problems there are, and which; worst first.

    Empty where there is none.
    """
    told = "; ".join(problem.brief or problem.text for problem in found)
    return f"{counted(found)}: {told}" if found else ""


def _unread(status: QueueStatus) -> list[Problem]:
    rooms: dict[Part, tuple[str, str]] = {
        "server": (tr("the server's JetStream cannot be looked at"), "workers"),
        "consumer": (tr("the consumer cannot be looked at"), "workers"),
        "dead_letters": (tr("the dead letters cannot be looked at"), "dlq"),
    }
    told = ((*rooms[part], retold(why)) for part, why in status.unread.items())
    return [Problem("warn", f"{what}: {why}", room, brief=what) for what, room, why in told]


def _deaf(hearing: Hearing) -> list[Problem]:
    if not hearing.deaf:
        return [_unheard()] if hearing.unheard else []
    what = ", ".join(kinds_in_words(hearing.deaf))
    text = tr("our user may not listen to {what}: rates and live events lack them", what=what)
    brief = tr("we may not listen to {what}", what=what)
    return [Problem("warn", text, "tasks", "deaf", brief=brief)]


def _clock(status: QueueStatus) -> list[Problem]:
    if abs(status.skew) <= SKEW:
        return []
    span = duration(abs(status.skew))
    if status.skew > 0:
        brief = tr("the server's clock is {span} ahead of ours", span=span)
    else:
        brief = tr("the server's clock is {span} behind ours", span=span)
    text = tr("{what}: ages are shown wrongly by as much", what=brief)
    return [Problem("warn", text, kind="clock", brief=brief)]


def _unheard() -> Problem:
    text = tr(
        "tasks come and none is overheard: rates and live events lack them; is the stream fed from "
        "another account?"
    )
    return Problem("warn", text, "tasks", "deaf", brief=tr("tasks come and none is overheard"))


def kinds_in_words(kinds: Collection[HeardKind]) -> list[str]:
    """Return what such messages tell of."""
    words: dict[HeardKind, str] = {
        "task": tr("tasks that come in"),
        "acknowledgement": tr("what becomes of them"),
        "dead_letter": tr("dead letters"),
        "exhausted": tr("spent deliveries"),
    }
    return [text for kind, text in words.items() if kind in kinds]


def _consumer(status: QueueStatus) -> list[Problem]:
    consumer = status.consumer
    if consumer is None:
        if "consumer" in status.unread:
            return []
        text = tr("no consumer: no task is delivered to anybody")
        return [Problem("bad", text, "workers", brief=tr("no consumer"))]
    found = []
    if consumer.paused:
        left = duration(consumer.pause_remaining)
        text = tr("the consumer is paused for another {left}", left=left)
        found.append(Problem("warn", text, "workers"))
    elif not consumer.waiting and not consumer.ack_pending and consumer.pending:
        text = tr("no worker is pulling, and tasks are waiting")
        found.append(Problem("bad", text, "workers"))
    if _is_full(consumer):
        limit = count(consumer.max_ack_pending)
        text = tr("max ack pending {limit} reached: no more is delivered until acks", limit=limit)
        brief = tr("max ack pending {limit} reached", limit=limit)
        found.append(Problem("bad", text, "workers", brief=brief))
    return found


def _is_full(consumer: ConsumerState) -> bool:
    return 0 < consumer.max_ack_pending <= consumer.ack_pending


def _stuck(status: QueueStatus, now: datetime) -> list[Problem]:
    if status.stuck <= 0:
        return []
    brief = trn("{n} task stuck", "{n} tasks stuck", status.stuck, n=count(status.stuck))
    brief += _since(status, now)
    text = trn(
        "{what}: deliveries spent, nobody will get it again",
        "{what}: deliveries spent, nobody will get them again",
        status.stuck,
        what=brief,
    )
    return [Problem("bad", text, "tasks", "stuck", STUCK, brief)]


def _since(status: QueueStatus, now: datetime) -> str:
    """Return since when tasks are stuck, as the server told; else when it last delivered any."""
    if status.stuck_since is not None:
        return tr(" since {time}", time=short_time(status.stuck_since, now))
    last = status.consumer.last_delivered_at if status.consumer else None
    if last is None or age(last, now) < STILL:
        return ""
    return tr(", nothing was delivered since {time}", time=short_time(last, now))


def _dead_letters(
    status: QueueStatus, rates: Rates, now: datetime, causes: Sequence[CauseGroup]
) -> list[Problem]:
    dead = status.dead_letters
    if dead is None:
        if "dead_letters" in status.unread:
            return []
        text = tr("no stream takes dead letters: failed tasks cannot be set aside")
        brief = tr("no stream takes dead letters")
        return [Problem("bad", text, "dlq", brief=brief)]
    if not dead.depth:
        return []
    text = trn("{n} dead letter", "{n} dead letters", dead.depth, n=count(dead.depth))
    growing = rates.dead_letters is not None and rates.dead_letters > 0
    if growing and rates.dead_letters is not None:
        text += f" +{rate(rates.dead_letters)}"
    mostly, evidence = _mostly(causes)
    text += mostly
    brief = text
    if dead.newest_at is not None:
        text += tr("; newest {span} ago", span=duration(age(dead.newest_at, now)))
    if dead.max_age is not None and dead.oldest_at is not None:
        left = dead.max_age - age(dead.oldest_at, now)
        text += tr("; the oldest expires in {span}", span=duration(left))
    grade: Grade = "bad" if growing else "warn"
    return [Problem(grade, text, "dlq", "dead_letters", evidence, brief)]


def _mostly(causes: Sequence[CauseGroup]) -> tuple[str, str]:
    """Return what most of them died of, where that can be said, and the filter that finds those."""
    if not causes or causes[0].share < MOSTLY:
        return "", ""
    first = causes[0]
    text = without_address(first.cause.text) if first.address else first.cause.text
    what = literal(text or first.cause.error_type, SHOWN_CAUSE)
    evidence = f"cause:{first.cause.key}" if first.cause.key else ""
    values = {"what": what, "where": _where(first), "share": f"{first.share:.0%}"}
    if first.share >= MAINLY:
        return tr(", mostly «{what}» at {where}", **values), evidence
    return tr(", {share} «{what}» at {where}", **values), evidence


def _where(group: CauseGroup) -> str:
    if group.address:
        return literal(group.address, SHOWN_ADDRESS)
    if group.more_tenants:
        return tr("{n} tenants or more", n=count(len(group.tenants)))
    if len(group.tenants) == 1:
        return literal(next(iter(group.tenants)), SHOWN_TENANT) or tr("no tenant")
    tenants = len(group.tenants)
    return trn("{n} tenant", "{n} tenants", tenants, n=count(tenants))


def _backlog(status: QueueStatus, rates: Rates) -> list[Problem]:
    consumer = status.consumer
    if consumer is None or rates.pending is None or rates.pending < GROWTH:
        return []
    pace = rate(rates.pending)
    text = tr("the backlog grows by {pace}: it never drains at this pace", pace=pace)
    brief = tr("the backlog grows by {pace}", pace=pace)
    return [Problem("warn", text, "tasks", "backlog", brief=brief)]


def drain_seconds(pending: int, rates: Rates) -> float | None:
    """Return in how many seconds the backlog is gone at this pace, None if that cannot be said."""
    if not pending or rates.pending is None or rates.pending >= 0:
        return None
    return pending / -rates.pending


def drain_text(pending: int, rates: Rates) -> str:
    """Return when the backlog will be gone at this pace, or why never; empty where nobody knows."""
    if not pending:
        return tr("nothing waits")
    if rates.pending is None:
        return ""
    seconds = drain_seconds(pending, rates)
    if seconds is not None:
        return tr("in about {span}", span=duration(seconds))
    if rates.pending > 0:
        return tr("grows by {pace}", pace=rate(rates.pending))
    return tr("does not shrink")
