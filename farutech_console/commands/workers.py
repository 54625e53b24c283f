"""`farutech-console workers`: who runs the tasks."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.output import json_flag
from farutech_console.commands.session import EXIT_DONE, going_on, run
from farutech_console.commands.status import CLEAR, watch_flags
from farutech_console.operations.units import age, count, duration, rate
from farutech_console.operations.watch.status_records import worker_record
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.fleet.view import FleetView, WorkerView
    from farutech_console.operations.live.backend import LiveBackend


@click.command()
@json_flag
@watch_flags[0]
@watch_flags[1]
@click.option(
    "--listen",
    type=click.FloatRange(min=0),
    default=2.0,
    show_default=True,
    help="Seconds to listen for clients that pull and do not report; 0 for not at all.",
)
@settings_flags(ConsoleSettings)
def workers(*, as_json: bool, watch: bool, every: float, listen: float, **given: Any) -> None:
    """List the workers: what each has in hand, its pace and failures, and its last sign of life.

    Workers that do not report of themselves (Go workers) are found by their pulls, where the
    server lists the account's connections.

    With --json a line for each. Its keys: see docs/commands.md.
    """

    async def work(backend: LiveBackend, stop: asyncio.Event) -> int:
        from farutech_console.operations.fleet.workers import FleetWatch

        looks = FleetWatch()
        while True:
            seen = await looks.look(backend.queue(), listen=listen)
            if as_json:
                for worker in seen.workers:
                    output.json_line(worker_record(worker))
            else:
                _print(seen, clear=watch and sys.stdout.isatty())
            if not watch or not await going_on(stop, every):
                return EXIT_DONE

    run(given, work)


def _print(seen: FleetView, *, clear: bool) -> None:
    if clear:
        click.echo(CLEAR, nl=False)
    if seen.workers:
        titles = ("worker", "state", "busy", "rate", "failed", "up", "seen", "version", "host")
        rows = [_row(worker, seen) for worker in seen.workers]
        output.table(titles, rows, (28, 8, 9, 10, 8, 12, 12, 24, 30))
        for worker in seen.workers:
            _print_breakers(worker)
    else:
        output.say("No worker answers.")
    if not seen.clients_told:
        output.say("Other clients that pull, Go workers for instance, are not known here.")
    if seen.unreadable:
        output.say(f"{count(seen.unreadable)} answers were no worker's report.")


def _row(worker: WorkerView, seen: FleetView) -> tuple[str, ...]:
    up = duration(worker.uptime) if worker.uptime is not None else ""
    since = age(worker.seen_at, seen.at)
    last = f"{duration(since)} ago" if since >= 1 else "now"
    said = worker.report
    if said is None:
        return (worker.name, "pulls", "", "", "", up, last, worker.version, worker.host)
    failed = sum(said.totals.get(name, 0) for name in ("retrying", "dead_lettered", "lost"))
    busy = f"{count(said.in_flight)}/{count(said.concurrency)}"
    pace = rate(said.rate_10s)
    state, version = worker.condition, worker.version
    return (worker.name, state, busy, pace, count(failed), up, last, version, worker.host)


def _print_breakers(worker: WorkerView) -> None:
    for breaker in worker.report.breakers if worker.report else ():
        output.say(
            f"{literal(worker.name)}: breaker of {literal(breaker.task_type)} {breaker.state}, "
            f"{count(breaker.held)} held, probed in {duration(breaker.probe_in)}: "
            f"{literal(breaker.error)}"
        )
