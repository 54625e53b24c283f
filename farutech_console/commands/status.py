"""`farutech-console status`: the queue, its dead letters and its workers, and what is wrong."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.output import json_flag
from farutech_console.commands.session import EXIT_DONE, going_on, run
from farutech_console.operations.units import age, count, duration, millis, plural, rate, size
from farutech_console.operations.watch.problem import GRADE_WORDS
from farutech_console.operations.watch.status_records import status_record
from farutech_console.operations.watch.verdict import drain_text
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from farutech_console.operations.live.backend import LiveBackend
    from farutech_console.operations.watch.overview import Overview

CLEAR = "\x1b[H\x1b[2J\x1b[3J"
NONE = "–"  # noqa: RUF001 - a glyph

watch_flags = (
    click.option("--watch", is_flag=True, help="Again and again, until Ctrl-C."),
    click.option(
        "--every",
        type=click.FloatRange(min=0.1),
        default=2.0,
        show_default=True,
        help="Seconds between two looks with --watch.",
    ),
)


@click.command()
@json_flag
@watch_flags[0]
@watch_flags[1]
@click.option(
    "--sample",
    type=click.FloatRange(min=0),
    default=2.0,
    show_default=True,
    help="Seconds to measure the rates over; 0 for none.",
)
@settings_flags(ConsoleSettings)
def status(*, as_json: bool, watch: bool, every: float, sample: float, **given: Any) -> None:
    """Show the queue, its pace, its dead letters and its workers, and what is wrong, in words.

    With --json one object, with --watch one each time. Its keys: see docs/commands.md.
    """

    async def work(backend: LiveBackend, stop: asyncio.Event) -> int:
        from farutech_console.operations.watch.overview import Overviews

        queue = backend.queue()
        looks = Overviews(queue, backend.status, backend.feed_counts)
        while True:
            seen = await looks.take(sample, partial(going_on, stop))
            if as_json:
                output.json_line(status_record(seen))
            else:
                _print(seen, queue.clock.now(), clear=watch and sys.stdout.isatty())
            if not watch or not await going_on(stop, every):
                return EXIT_DONE

    run(given, work, listen=sample > 0)


def _print(seen: Overview, now: datetime, *, clear: bool) -> None:
    if clear:
        click.echo(CLEAR, nl=False)
    for line in status_lines(seen, now):
        click.echo(line)


def status_lines(seen: Overview, now: datetime) -> Iterator[str]:
    """Yield an overview in words, one thing a line."""
    status = seen.status
    server = status.server
    yield (
        f"{literal(status.work_queue.name)} at {literal(server.url)}, nats-server "
        f"{literal(server.version)}, {millis(status.rtt)} away"
    )
    for problem in seen.problems:
        yield f"{GRADE_WORDS[problem.grade]:<8} {literal(problem.text)}"
    if not seen.problems:
        yield "OK       nothing is wrong"
    yield _row("queue", _queue(seen, now))
    yield from _consumer(seen)
    yield _row("pace", _pace(seen))
    yield _row("dead", _dead_letters(seen, now))
    stuck = status.known_stuck
    yield _row("stuck", "not known" if stuck is None else count(stuck))
    yield _row("workers", _workers(seen))


def _row(title: str, text: str) -> str:
    return f"{title:<10} {text}"


def _queue(seen: Overview, now: datetime) -> str:
    stream = seen.status.work_queue
    # In Go's stream the dead letters lie among the tasks.
    others = stream.messages > seen.status.tasks
    among = f" of {count(stream.messages)} messages" if others else ""
    parts = [plural(seen.status.tasks, "task") + among, size(stream.bytes)]
    if stream.messages and stream.first_time:
        what = "oldest message" if others else "oldest"
        parts.append(f"{what} {duration(age(stream.first_time, now))}")
    parts.append(f"kept {duration(stream.max_age)}" if stream.max_age else "kept for ever")
    return ", ".join(parts)


def _consumer(seen: Overview) -> Iterator[str]:
    consumer = seen.status.consumer
    if consumer is None:
        return
    drains = drain_text(consumer.pending, seen.rates) if consumer.pending else ""
    yield _row("pending", ", ".join(filter(None, (count(consumer.pending), drains))))
    limit = "no limit" if consumer.max_ack_pending < 0 else count(consumer.max_ack_pending)
    shared = ""
    if seen.in_flight is not None and seen.delayed is not None:
        shared = f": {count(seen.in_flight)} in flight, about {count(seen.delayed)} in backoff"
    yield _row("unsettled", f"{count(consumer.ack_pending)} of {limit}{shared}")
    if consumer.paused:
        left = duration(consumer.pause_remaining)
        yield _row("paused", f"for another {left}; farutech-console resume ends it")


def _pace(seen: Overview) -> str:
    if not seen.sampled:
        return "not measured"
    rates = seen.rates
    return (
        f"in {_rate(rates.incoming)}, out {_rate(rates.outgoing)}, "
        f"pending {_rate(rates.pending)}, measured over {seen.sampled:.0f} s"
    )


def _rate(value: float | None) -> str:
    return NONE if value is None else rate(value)


def _dead_letters(seen: Overview, now: datetime) -> str:
    dead = seen.status.dead_letters
    if dead is None:
        unread = seen.status.unread.get("dead_letters")
        return literal(unread) if unread else "no stream takes dead letters"
    parts = [f"{count(dead.depth)} in {literal(dead.stream)}"]
    for name, moment in (("newest", dead.newest_at), ("oldest", dead.oldest_at)):
        if moment is not None:
            parts.append(f"{name} {duration(age(moment, now))} ago")
    parts.append("kept for ever" if dead.max_age is None else f"kept {duration(dead.max_age)}")
    return ", ".join(parts)


def _workers(seen: Overview) -> str:
    fleet = seen.fleet
    reports = [worker.report for worker in fleet.answered if worker.report]
    text = "1 answers" if len(fleet.answered) == 1 else f"{count(len(fleet.answered))} answer"
    if reports:
        busy = sum(report.in_flight for report in reports)
        slots = sum(report.concurrency for report in reports)
        pace = rate(sum(report.rate_10s for report in reports))
        text += f" ({count(busy)} of {count(slots)} slots busy, {pace})"
    if fleet.silent:
        text += f", {count(len(fleet.silent))} silent"
    if fleet.clients:
        text += f", {plural(len(fleet.clients), 'other client')} pulling"
    return text
