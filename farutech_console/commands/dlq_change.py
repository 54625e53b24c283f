"""`farutech-console dlq replay` and `dlq purge`: sending dead letters back, or deleting them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal

import click

from farutech_console.commands import output
from farutech_console.commands.carry_out import Manner, carry_out
from farutech_console.commands.durations import DURATION
from farutech_console.commands.output import json_flag
from farutech_console.commands.scan_line import ScanLine, none_words
from farutech_console.commands.selection import selection_flags
from farutech_console.commands.session import EXIT_DONE, run, settings_of, unless_stopped
from farutech_console.commands.unfinished import finish_interrupted
from farutech_console.operations.environments import environment_of
from farutech_console.operations.pace.pacing import (
    CANARY_WAIT,
    SMALLEST_SAMPLE,
    Pacing,
    Rate,
    parse_rate,
    parse_share,
)
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.clock import SystemClock

if TYPE_CHECKING:
    from farutech_console.operations.letters.selection import ScanProgress, Selection
    from farutech_console.operations.live.backend import LiveBackend
    from farutech_console.operations.model import Plan, PlanKind


class _Words(click.ParamType[Any]):
    """A value read by a function that raises ValueError with the reason."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """Return what the function read."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _manner_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags that say how to go about its plan."""
    for flag in (
        click.option("--confirm", default="", help="The stream's name, where it is asked for."),
        click.option("--why", default="", help="The reason, for the audit."),
        json_flag,
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--dry-run", is_flag=True, help="Show the plan and do nothing."),
    ):
        command = flag(command)
    return selection_flags(required=True)(command)


@click.command()
@_manner_flags
@click.option("--rate", type=_Words("rate", parse_rate), help="At most 50/s, 10/min or 2/h.")
@click.option("--canary", is_flag=True, help="Send one, see its task end well, then the others.")
@click.option(
    "--canary-wait",
    type=DURATION,
    default=CANARY_WAIT,
    help=f"How long the first one gets to end.  [default {CANARY_WAIT:g}s]",
)
@click.option(
    "--stop-on-failure",
    "stop_share",
    type=_Words("share", parse_share),
    help=f"Stop once more than 20% of the replayed, of {SMALLEST_SAMPLE} at least, came back dead; "
    "0% stops at the first.",
)
@click.option(
    "--unknown",
    type=click.Choice(["keep", "send", "drop"]),
    default="keep",
    help="Letters of which nobody can tell whether an interrupted replay sent them: keep them "
    "(default), send them, perhaps twice, or drop them as sent.",
)
@settings_flags(ConsoleSettings)
def replay(
    *,
    rate: Rate | None,
    canary: bool,
    canary_wait: float,
    stop_share: float | None,
    unknown: Literal["keep", "send", "drop"],
    **options: Any,
) -> None:
    """Send dead letters back to the work queue, each task once.

    Shows what it will do and asks first. Ctrl-C begins no more letters, finishes those in hand and
    tells exactly what was done; the rest stays. On a terminal, keys hold the run while it goes on:
    + and - make it twice or half as fast, p pauses it and lets it go on, q cancels it; without a
    terminal SIGUSR1 pauses it and lets it go on. Ends with 1 where some failed, where nobody can
    tell of some, and where it stopped because too many died again. With --json a line for each
    letter and a summary at the end.
    """
    pacing = Pacing(rate, canary, canary_wait, stop_share, unknown)
    _change(
        "replay", options, lambda backend, which, tell: backend.plan_replay(which, pacing, tell)
    )


@click.command()
@_manner_flags
@click.option("--hard", is_flag=True, help="Without a copy in the archive: nothing undoes it.")
@settings_flags(ConsoleSettings)
def purge(*, hard: bool, **options: Any) -> None:
    """Move dead letters to the archive, for 7 days; `dlq undo` brings them back.

    Shows what it will do and asks first. p (or SIGUSR1) pauses it and lets it go on, q or Ctrl-C
    cancels it. With --json a line for each letter and a summary at the end.
    """
    _change(
        "purge_hard" if hard else "purge",
        options,
        lambda backend, which, tell: backend.plan_purge(which, tell, hard=hard),
    )


def _change(
    action: PlanKind,
    options: dict[str, Any],
    make: Callable[[LiveBackend, Selection, Callable[[ScanProgress], None]], Awaitable[Plan]],
) -> None:
    if not (options["yes"] or options["dry_run"] or output.is_interactive()):
        raise click.UsageError("nobody can be asked here: add --yes, or --dry-run to only look")
    settings = settings_of(options)
    how = Manner(
        options["as_json"],
        options["dry_run"],
        ask=not options["yes"],
        confirm=options["confirm"],
        environment=environment_of(settings.environment, settings.context_in_use),
        why=options["why"],
    )

    async def work(backend: LiveBackend, stop: asyncio.Event) -> int:
        from worker.jetstream.errors import JetStreamError

        if not how.dry_run:
            backend.queue().guard(action)
            await finish_interrupted(backend, stop)
        selection, line = options["selection"], ScanLine(SystemClock())
        try:
            plan = await unless_stopped(make(backend, selection, line.read), stop)
        except JetStreamError:
            line.clear()
            output.say("The letters could not be read for a plan, so nothing was begun:")
            raise
        finally:
            line.clear()
        if not (plan.count or plan.missing or how.as_json):
            output.say(none_words(selection, line.last))
            return EXIT_DONE
        return await carry_out(backend, plan, how, stop)

    run(options, work)
