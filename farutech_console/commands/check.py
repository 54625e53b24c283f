"""`farutech-console check`: a monitoring plugin for the queue."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands.session import settings_of
from farutech_console.settings import ConsoleSettings
from worker.flags import CONNECT_WITHIN, settings_flags
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.watch.check import Thresholds, Verdict

UNKNOWN = 3
FIGURES = {
    "lag": "Tasks pending.",
    "dlq_depth": "Dead letters.  [default 0,]",
    "oldest_letter": "Age of the oldest dead letter, in seconds.",
    "stuck": "Tasks whose deliveries are spent.  [default ,0]",
    "silent": "Workers that died with tasks in hand.  [default ,0]",
    "workers": "Workers that are there: below WARN, below CRIT.  [default ,1]",
}


class PluginUsageError(click.UsageError):
    """Wrong usage, told by the exit code that monitoring takes for it."""

    exit_code = UNKNOWN


class PluginCommand(click.Command):
    """A command whose wrong usage is UNKNOWN: 2 would be CRITICAL to who runs it."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the command line."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            raise PluginUsageError(error.format_message(), error.ctx) from error


def threshold_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command a flag for the thresholds of each figure."""
    for name, about in reversed(FIGURES.items()):
        flag = f"--{name.replace('_', '-')}"
        command = click.option(flag, name, metavar="WARN,CRIT", help=about)(command)
    return command


@click.command(cls=PluginCommand)
@threshold_flags
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    help="Seconds after which it gives up, UNKNOWN.",
)
@settings_flags(ConsoleSettings)
def check(*, timeout: float, **given: Any) -> None:
    """Judge the queue as monitoring plugins do: one line with figures, and an exit code.

    A figure above WARN is a warning, above CRIT critical; either may be left out: `--lag 1000,`,
    `--dlq-depth ,50`. What makes the queue stand still is critical whatever the thresholds: no
    consumer, nobody who pulls waiting tasks, no stream for dead letters.

    \b
    Exit codes:
      0  OK
      1  WARNING
      2  CRITICAL
      3  UNKNOWN: no connection, no queue, no answer in time, wrong usage
    """  # noqa: D301 - click's mark
    from farutech_console.operations.watch.check import EXIT_CODES

    try:
        limits = _limits(given)
        settings = settings_of({k: v for k, v in given.items() if k not in FIGURES})
    except click.UsageError as error:
        raise PluginUsageError(error.format_message(), error.ctx) from error
    verdict = asyncio.run(_verdict(settings, limits, timeout))
    try:
        click.echo(literal(verdict.line))
    except OSError:
        # What is judged cannot be told: 1 would be a warning that says nothing.
        sys.exit(UNKNOWN)
    sys.exit(EXIT_CODES[verdict.state])


def _limits(given: dict[str, Any]) -> Thresholds:
    from farutech_console.operations.watch.check import ThresholdError, Thresholds, read_threshold

    said = {}
    for name in FIGURES:
        if given.get(name) is not None:
            try:
                said[name] = read_threshold(given[name], fewest=name == "workers")
            except ThresholdError as error:
                raise click.UsageError(f"--{name.replace('_', '-')}: {error}") from error
    return dataclasses.replace(Thresholds(), **said)


async def _verdict(settings: ConsoleSettings, limits: Thresholds, timeout: float) -> Verdict:  # noqa: ASYNC109 - the plugin's own
    from farutech_console.operations.errors import OperationError
    from farutech_console.operations.watch.check import unknown
    from worker.jetstream.errors import JetStreamError

    try:
        async with asyncio.timeout(timeout):
            return await _look(settings, limits, timeout)
    except TimeoutError:
        return unknown(f"no answer within {timeout:g} s")
    except (JetStreamError, OperationError) as error:
        return unknown(str(error))


async def _look(settings: ConsoleSettings, limits: Thresholds, within: float) -> Verdict:
    from farutech_console.operations.fleet.silence import silent_workers
    from farutech_console.operations.live.backend import LiveBackend
    from farutech_console.operations.watch.check import check as judge
    from farutech_console.operations.watch.overview import Overviews

    options = settings.connection("farutech-console check")
    backend = LiveBackend(options, settings.names, read_only=True, listen=False)
    async with backend:
        # Soon enough to say what stands in the way.
        await backend.connected(min(CONNECT_WITHIN, within / 2))
        queue = backend.queue()
        seen = await Overviews(queue, backend.status, backend.feed_counts).take(0)
        names = {worker.name for worker in seen.fleet.answered}
        silent = await silent_workers(queue, names)
        return judge(seen, silent, limits, queue.clock.now())
