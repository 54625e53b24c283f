"""`farutech-console pause` and `resume`: deliveries stop for a time, and go on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.durations import DURATION
from farutech_console.commands.output import json_flag
from farutech_console.commands.session import EXIT_DONE, run
from farutech_console.operations.units import duration, full_time
from farutech_console.operations.watch.status_records import pause_record
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.clock import parse_rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.live.backend import LiveBackend
    from worker.model.state import Pause

why_flag = click.option("--why", default="", help="The reason, kept in the audit.")


def _moment(_context: click.Context, _flag: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = parse_rfc3339(text)
    if moment is None:
        raise click.BadParameter(f"{text!r} is no time such as 2026-11-24T06:30:00Z")
    return moment


@click.command()
@click.argument("length", metavar="[DURATION]", required=False, type=DURATION)
@click.option("--until", callback=_moment, help="In place of DURATION: 2026-11-24T06:30:00Z.")
@why_flag
@json_flag
@settings_flags(ConsoleSettings)
def pause(
    *,
    length: float | None,
    until: datetime | None,
    why: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Have the server deliver no task to any worker for DURATION: 90s, 15m, 2h, 1d.

    Tasks in hand are finished and settled. The pause ends by itself, also where nobody resumes;
    it lasts 7 days at most. A server before 2.11 cannot do it.

    With --json one object. Its keys: see docs/commands.md.
    """
    if (length is None) == (until is None):
        raise click.UsageError("say for how long: DURATION, or --until")

    async def work(backend: LiveBackend, _stop: asyncio.Event) -> int:
        from farutech_console.operations.fleet.pause import (
            PauseTooLongError,
            pause_for,
            pause_until,
        )

        queue = backend.queue()
        try:
            if until is not None:
                state = await pause_until(queue, until, why)
            else:
                state = await pause_for(queue, length or 0.0, why)
        except PauseTooLongError as error:
            raise click.UsageError(str(error)) from error
        _tell(backend, state, as_json=as_json)
        return EXIT_DONE

    run(given, work)


@click.command()
@why_flag
@json_flag
@settings_flags(ConsoleSettings)
def resume(*, why: str, as_json: bool, **given: Any) -> None:
    """Have the server deliver tasks again.

    With --json one object. Its keys: see docs/commands.md.
    """

    async def work(backend: LiveBackend, _stop: asyncio.Event) -> int:
        from farutech_console.operations.fleet.pause import resume as resume_consumer

        _tell(backend, await resume_consumer(backend.queue(), why), as_json=as_json)
        return EXIT_DONE

    run(given, work)


def _tell(backend: LiveBackend, state: Pause, *, as_json: bool) -> None:
    consumer = backend.names.consumer
    if as_json:
        output.json_line(pause_record(consumer, state))
    elif state.paused and state.until is not None:
        left = duration(state.remaining)
        output.say(f"{consumer} delivers nothing until {full_time(state.until)}, for {left}.")
    else:
        output.say(f"{consumer} delivers tasks.")
