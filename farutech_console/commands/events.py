"""`farutech-console events`: what happens to tasks, from the workers or overheard."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import aclosing, nullcontext
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.durations import DURATION
from farutech_console.commands.output import json_flag
from farutech_console.commands.session import EXIT_DONE, going_on, run
from farutech_console.operations.steps import (
    StepFilterError,
    TaskStep,
    step_filter,
    step_record,
)
from farutech_console.operations.story.words import step_words
from farutech_console.operations.units import count, full_time
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.text import padded

if TYPE_CHECKING:
    from farutech_console.operations.live.backend import LiveBackend
    from farutech_console.operations.queue import Queue

LAST = 50
REMEMBERED = 10_000
"""Ids of kept events, so that none is told again as a live one."""

TURN = 0.1
"""Seconds between two looks at what came."""

Test = Callable[[TaskStep], bool]
Tell = Callable[[Iterable[TaskStep]], None]


@click.command()
@click.argument("words", metavar="[FILTER]", nargs=-1)
@json_flag
@click.option("--follow", "-f", is_flag=True, help="Go on with what happens, until Ctrl-C.")
@click.option(
    "--last",
    type=click.IntRange(min=0),
    default=None,
    help=f"Look through the newest so many kept messages, 0 for all.  [default {LAST}]",
)
@click.option("--since", type=DURATION, help="Begin so long ago: 90s, 15m, 2h, 1d.")
@click.option(
    "--overheard",
    is_flag=True,
    help="What can be heard of any fleet, in place of what our workers say; implies --follow.",
)
@settings_flags(ConsoleSettings)
def events(
    *,
    words: tuple[str, ...],
    as_json: bool,
    follow: bool,
    last: int | None,
    since: float | None,
    overheard: bool,
    **given: Any,
) -> None:
    """Show what happened to tasks, and with --follow what happens.

    The FILTER is words such as tenant:acme-*, task:ID, type:provision, worker:w-1, event:retrying,
    attempt:5, seq:4711, error:timeout or any text; ! before one turns it around; all must hold.

    Workers of this project publish events, which the server keeps for a day. Where none are kept,
    and with --overheard, acknowledgements and dead letters are overheard: live only, of any fleet.

    With --json a line for each. Its keys: see docs/commands.md.
    """
    try:
        wanted = step_filter(words)
    except StepFilterError as error:
        raise click.UsageError(str(error)) from error

    async def work(backend: LiveBackend, stop: asyncio.Event) -> int:
        from farutech_console.operations.events import live_events
        from worker.jetstream.fleet.event_reader import EventLog

        queue = backend.queue()
        tell = _Teller(wanted, as_json=as_json)
        if overheard or not await EventLog(queue.api, queue.names).is_kept():
            if not overheard:
                output.say(
                    "No events are kept here: listening to what the fleet does. Ctrl-C ends."
                )
            await _overhear(backend, stop, tell)
            return EXIT_DONE
        start = queue.clock.now() - timedelta(seconds=since) if since else None
        most = LAST if last is None else last or None
        async with live_events(queue) if follow else nullcontext() as live:
            told = await _history(queue, stop, tell, most, start)
            if live is None and not tell.told and not as_json:
                output.say(
                    "No event that is kept matches; --follow shows what happens from now on."
                )
            while live is not None and await going_on(stop, TURN):
                tell(step for step in live.take() if step.id not in told)
        if live is not None and live.dropped:
            output.say(f"{count(live.dropped)} events came too fast and are not shown.")
        return EXIT_DONE

    run(given, work, listen=True)


async def _overhear(backend: LiveBackend, stop: asyncio.Event, tell: Tell) -> None:
    from farutech_console.operations.steps import of_overheard

    while await going_on(stop, TURN):
        tell(of_overheard(event) for event in backend.drain_events())
    if dropped := backend.feed_counts().dropped:
        output.say(f"{count(dropped)} events came too fast and are not shown.")


async def _history(
    queue: Queue, stop: asyncio.Event, tell: Tell, last: int | None, since: datetime | None
) -> frozenset[str]:
    """Tell what was kept; return the ids of the last of it."""
    from farutech_console.operations.events import kept_events

    seen: deque[str] = deque(maxlen=REMEMBERED)
    async with aclosing(kept_events(queue, last=last, since=since)) as kept:
        async for steps in kept:
            if stop.is_set():
                break
            tell(steps)
            seen.extend(step.id for step in steps)
    return frozenset(seen)


class _Teller:
    """Tells those steps that are wanted, and counts them."""

    def __init__(self, wanted: Test, *, as_json: bool) -> None:
        self._wanted = wanted
        self._as_json = as_json
        self.told = 0

    def __call__(self, steps: Iterable[TaskStep]) -> None:
        for step in filter(self._wanted, steps):
            self.told += 1
            if self._as_json:
                output.json_line(step_record(step))
            else:
                click.echo(step_line(step))


def step_line(step: TaskStep, *, of_one_task: bool = False) -> str:
    """Return a step on one line, for people; of one task without saying which, line by line."""
    whose = [
        padded(step.task_id or (f"seq {step.sequence}" if step.sequence else ""), 36),
        padded(step.tenant_id, 16),
    ]
    parts = [
        full_time(step.at),
        padded(step.kind, 17),
        *([] if of_one_task else whose),
        *step_words(step),
    ]
    return "  ".join(part for part in parts if part.strip()).rstrip()
