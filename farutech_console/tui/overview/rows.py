"""The overview's figures, from what one poll learnt. Pure.

The first `SHORT` of each panel have room on a small terminal. What of the consumer comes after
them stands beside the failures there, and on the server's line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.language import tr
from farutech_console.operations.fleet.view import shared_out
from farutech_console.operations.units import age, count, duration, millis, rate, size
from farutech_console.operations.watch.trend import Hearing, Rates
from farutech_console.operations.watch.verdict import EARS, drain_text
from farutech_console.tui.common.spans import Line, Span, Tone, cells_of, line
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.fleet.view import FleetView
    from farutech_console.operations.model import QueueStatus
    from worker.model.heard import HeardKind
    from worker.model.state import ConsumerState

Figure = tuple[str, str, Tone]
NONE = "–"  # noqa: RUF001 - a glyph
SHORT = 8
NAME = 20
"""Characters of a server's name."""


def server_line(status: QueueStatus, width: int = 0, *, short: bool = False) -> Line:
    """Return where the queue lives: server, cluster, who leads, and how far away it is.

    Where there is a width, what has no room is left out, the last first. With `short` it tells how
    far the consumer has delivered as well.
    """
    server, consumer = status.server, status.consumer
    cluster = server.cluster or status.work_queue.cluster
    leaders = [(tr("stream leader"), status.work_queue.leader)]
    if consumer is not None:
        leaders.append((tr("consumer leader"), consumer.leader))
    parts = [_named(tr("server"), server.name)]
    parts += [_no_leader(label) for label, name in leaders if cluster and not name]
    if short and consumer is not None:
        last = count(consumer.delivered_stream_sequence)
        parts.append(Span(tr("consumer delivered to {seq}", seq=last), "muted"))
    if cluster:
        parts.append(_named(tr("cluster"), cluster))
    parts.append(Span(f"rtt {millis(status.rtt)}", "muted"))
    parts += [_named(label, name) for label, name in leaders if name]
    spans = [Span(" "), parts[0]]
    for part in parts[1:]:
        more = (Span(" · ", "muted"), part)
        if width and cells_of((*spans, *more)) > width:
            break
        spans += more
    return line(*spans)


def _named(label: str, name: str) -> Span:
    return Span(f"{label} {literal(name, NAME)}", "muted")


def _no_leader(label: str) -> Span:
    """A cluster without a leader takes no message; a server that is alone may name none."""
    return Span("▲ " + tr("no {leader}", leader=label), "warn")


def stream_figures(
    status: QueueStatus, rates: Rates, now: datetime, hearing: Hearing = EARS
) -> list[Figure]:
    """Return the work queue's figures; a rate that is not overheard says so."""
    stream = status.work_queue
    oldest = duration(age(stream.first_time, now)) if stream.messages and stream.first_time else ""
    kept = duration(stream.max_age) if stream.max_age else tr("no limit")
    return [
        (tr("messages"), count(stream.messages), "strong"),
        (tr("bytes"), size(stream.bytes), "plain"),
        (tr("oldest"), oldest or NONE, "plain"),
        (tr("in"), *_heard(rates.incoming, hearing, "task")),
        (tr("out"), *_heard(rates.outgoing, hearing, "acknowledgement")),
        (tr("last seq"), count(stream.last_sequence), "muted"),
        (tr("kept"), kept, "muted"),
        (tr("storage"), f"{literal(stream.storage)} R{stream.replicas}", "muted"),
    ]


def consumer_figures(
    status: QueueStatus, rates: Rates, fleet: FleetView | None = None
) -> list[Figure]:
    """Return the consumer's figures, none where there is no consumer.

    Where all workers tell what they have in hand, what is in backoff is told apart.
    """
    consumer = status.consumer
    if consumer is None:
        return []
    limit = "∞" if consumer.max_ack_pending < 0 else count(consumer.max_ack_pending)
    in_flight, delayed = shared_out(status, fleet) if fleet else (None, None)
    grows = rates.pending is not None and rates.pending > 0 and consumer.pending
    return [
        ("pending", count(consumer.pending), "strong"),
        (tr("drains"), drain_text(consumer.pending, rates) or NONE, "warn" if grows else "plain"),
        ("ack pending", f"{count(consumer.ack_pending)}/{limit}", "plain"),
        (tr("in flight"), _about(in_flight, fleet), "plain"),
        (tr("in backoff"), _about(delayed, fleet), "plain"),
        (tr("redelivered"), count(consumer.redelivered), _when(consumer.redelivered, "warn")),
        (tr("pulls open"), count(consumer.waiting), "plain"),
        ("ack floor", count(consumer.ack_floor_stream_sequence), "plain"),
        _max_deliver(consumer),
        (tr("delivered to"), count(consumer.delivered_stream_sequence), "plain"),
    ]


def _max_deliver(consumer: ConsumerState) -> Figure:
    tries = tr("no limit") if consumer.max_deliver < 0 else str(consumer.max_deliver)
    return ("max deliver", f"{tries} × {duration(consumer.ack_wait)}", "muted")  # noqa: RUF001 - a sign


def _about(number: int | None, fleet: FleetView | None) -> str:
    """Return a figure that the workers told: about right, or why there is none."""
    if fleet is None:
        return NONE
    return tr("not told") if number is None else f"≈{count(number)}"


def told_ago(status: QueueStatus, fleet: FleetView | None, now: datetime) -> str:
    """Return how old what the workers told is, or why they did not; empty where nobody asked."""
    if fleet is None or status.consumer is None:
        return ""
    if shared_out(status, fleet)[1] is None:
        return tr("some workers tell nothing")
    return tr("≈ {span} ago", span=duration(age(fleet.at, now)))


def failure_figures(
    status: QueueStatus,
    rates: Rates,
    now: datetime,
    hearing: Hearing = EARS,
    *,
    short: bool = False,
) -> list[Figure]:
    """Return what failed: dead letters, stuck tasks and retries.

    With `short` the attempts that a task has as well, for which the consumer's panel has no room.
    """
    dead, consumer = status.dead_letters, status.consumer
    allowed = [_max_deliver(consumer)] if short and consumer is not None else []
    stuck: Figure = (tr("stuck tasks"), *_told(status.known_stuck, "bad"))
    retried: Figure = (tr("retries"), *_heard(rates.retried, hearing, "acknowledgement"))
    if dead is None:
        unread = "dead_letters" in status.unread
        why = tr("not told") if unread else tr("no stream")
        return [(tr("DLQ depth"), why, "warn" if unread else "bad"), stuck, retried, *allowed]
    newest = duration(age(dead.newest_at, now)) if dead.newest_at else NONE
    oldest = duration(age(dead.oldest_at, now)) if dead.oldest_at else NONE
    kept = tr("no limit") if dead.max_age is None else duration(dead.max_age)
    return [
        (tr("DLQ depth"), count(dead.depth), _when(dead.depth, "bad")),
        _coming_in(rates.dead_letters),
        stuck,
        retried,
        (tr("newest"), newest, "plain"),
        (tr("oldest"), oldest, "plain"),
        (tr("kept"), kept, "muted"),
        *allowed,
    ]


def _coming_in(pace: float | None) -> Figure:
    """Return the pace of dead letters, under a name that says which way they go."""
    if pace is not None and pace < 0:
        return (tr("going out"), rate(-pace), "plain")
    return (tr("coming in"), _rate(pace), "plain")


def _heard(value: float | None, hearing: Hearing, kind: HeardKind) -> tuple[str, Tone]:
    return (_rate(value), "plain") if hearing.hears(kind) else (tr("not heard"), "warn")


def _rate(value: float | None) -> str:
    return NONE if value is None else rate(value)


def _told(number: int | None, tone: Tone) -> tuple[str, Tone]:
    return (tr("not told"), "warn") if number is None else (count(number), _when(number, tone))


def _when(number: int, tone: Tone) -> Tone:
    return tone if number > 0 else "plain"
