"""The overview's figures, from what one poll learnt. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.operations.fleet_view import shared_out
from farutech_console.operations.trend import Rates
from farutech_console.operations.units import age, count, duration, rate, size
from farutech_console.operations.verdict import drain_text
from farutech_console.tui.common.spans import Tone
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.fleet_view import FleetView
    from farutech_console.operations.model import QueueStatus

Figure = tuple[str, str, Tone]
NONE = "–"  # noqa: RUF001 - a glyph


def stream_figures(status: QueueStatus, rates: Rates, now: datetime) -> list[Figure]:
    """Return the work queue's figures."""
    stream = status.work_queue
    oldest = duration(age(stream.first_time, now)) if stream.messages and stream.first_time else ""
    kept = duration(stream.max_age) if stream.max_age else "for ever"
    return [
        ("messages", count(stream.messages), "strong"),
        ("bytes", size(stream.bytes), "plain"),
        ("oldest", oldest or NONE, "plain"),
        ("in", _rate(rates.incoming), "plain"),
        ("out", _rate(rates.outgoing), "plain"),
        ("last seq", count(stream.last_sequence), "muted"),
        ("kept", f"{kept} {literal(stream.storage)} R{stream.replicas}", "muted"),
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
    tries = "no limit" if consumer.max_deliver < 0 else str(consumer.max_deliver)
    limit = "∞" if consumer.max_ack_pending < 0 else count(consumer.max_ack_pending)
    drain = drain_text(consumer.pending, rates)
    return [
        ("pending", f"{count(consumer.pending)}  {drain}".rstrip(), "strong"),
        ("ack pending", f"{count(consumer.ack_pending)}/{limit}{_delayed(status, fleet)}", "plain"),
        ("redelivered", count(consumer.redelivered), _when(consumer.redelivered, "warn")),
        ("pulls open", count(consumer.waiting), "plain"),
        ("delivered to", count(consumer.delivered_stream_sequence), "plain"),
        ("ack floor", count(consumer.ack_floor_stream_sequence), "plain"),
        ("max deliver", f"{tries} × {duration(consumer.ack_wait)}", "muted"),  # noqa: RUF001
    ]


def _delayed(status: QueueStatus, fleet: FleetView | None) -> str:
    delayed = shared_out(status, fleet)[1] if fleet else None
    return f"  ≈{count(delayed)} in backoff" if delayed else ""


def failure_figures(status: QueueStatus, rates: Rates, now: datetime) -> list[Figure]:
    """Return what failed: dead letters and stuck tasks."""
    dead = status.dead_letters
    stuck: Figure = ("stuck tasks", count(max(0, status.stuck)), _when(status.stuck, "bad"))
    if dead is None:
        return [("dead letters", "no stream for them", "bad"), stuck]
    newest = duration(age(dead.newest_at, now)) if dead.newest_at else NONE
    oldest = duration(age(dead.oldest_at, now)) if dead.oldest_at else NONE
    kept = "for ever" if dead.max_age is None else duration(dead.max_age)
    return [
        ("dead letters", count(dead.depth), _when(dead.depth, "bad")),
        ("coming in", _rate(rates.dead_letters), "plain"),
        stuck,
        ("newest", newest, "plain"),
        ("oldest", oldest, "plain"),
        ("kept", kept, "muted"),
        ("in", literal(dead.stream), "muted"),
    ]


def _rate(value: float | None) -> str:
    return NONE if value is None else rate(value)


def _when(number: int, tone: Tone) -> Tone:
    return tone if number > 0 else "plain"
