"""`farutech-worker`: the commands of the headless worker."""

from __future__ import annotations

import asyncio
import gc
import sys
from random import Random
from typing import TYPE_CHECKING, Any

import click

from worker import __version__
from worker.event_loop import fast_loop
from worker.flags import EXIT_NO_CONNECTION, load_settings, settings_flags
from worker.settings import WorkerSettings
from worker.topology_cli import topology

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

EXIT_FAILED = 1
_YOUNG = 10_000
"""New objects at which the garbage collector looks at them; those of several hundred tasks."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="farutech-worker")
def worker() -> None:
    """Run provisioning tasks from a NATS JetStream work queue."""


@worker.command()
@settings_flags(WorkerSettings)
def run(**given: Any) -> None:
    """Pull tasks and run them until told to stop.

    Streams and consumer are created where they are missing and left alone where they exist.

    \b
    SIGTERM or SIGINT: pull no more, let running tasks finish, hand back the rest.
    A second one: leave at once.

    \b
    Exit codes:
      0  stopped as asked
      1  failed; the last line of the log says why
      2  wrong usage
      3  the server refused us, or has no JetStream
      128+n  ended at once by a second signal n
    """  # noqa: D301 - click's mark
    sys.exit(_run(load_settings(WorkerSettings, given)))


worker.add_command(topology)


def main() -> None:
    """Run the command line."""
    worker(prog_name="farutech-worker")


def _run(settings: WorkerSettings) -> int:
    from worker.handlers.registry import HandlerSetupError
    from worker.jetstream.errors import JetStreamError, RefusedError
    from worker.telemetry.health import HealthError, parse_address
    from worker.telemetry.logging import logger
    from worker.telemetry.python_logging import take_python_logging

    try:
        parse_address(settings.http)
    except ValueError as error:
        raise click.UsageError(f"--http: {error}") from error
    log = logger(settings.log_level, settings.log_format)
    take_python_logging(log)
    try:
        with asyncio.Runner(loop_factory=fast_loop()) as runner:
            runner.run(_serve(settings, log))
    except HandlerSetupError as error:
        raise click.UsageError(str(error)) from error
    except RefusedError as error:
        log.error("worker.refused", why=str(error))  # noqa: TRY400 - said in words
        return EXIT_NO_CONNECTION
    except (JetStreamError, HealthError) as error:
        log.error("worker.failed", why=str(error))  # noqa: TRY400 - said in words
        return EXIT_FAILED
    return 0


async def _serve(settings: WorkerSettings, log: FilteringBoundLogger) -> None:
    from worker.model.clock import SystemClock
    from worker.model.surroundings import Surroundings
    from worker.runtime.choice import chosen_handlers
    from worker.runtime.service import serve
    from worker.runtime.shutdown import Shutdown

    shutdown = Shutdown(lambda name: log.info("worker.stopping", signal=name))
    with shutdown.on_signals():
        random = Random()
        around = Surroundings(SystemClock(), random, log)
        async with chosen_handlers(settings, random, log) as handlers:
            _collect_less_garbage()
            await serve(settings, handlers, shutdown, around)


def _collect_less_garbage() -> None:
    """Spare the collector what stays, and what is gone before long: a fifth of the time of a task.

    Hardly anything here is garbage that only it can find.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, 20)
