"""Which handlers a worker runs: those of the user's modules, or a built-in one."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import AsyncIterator
from random import Random

from structlog.typing import FilteringBoundLogger

from worker.handlers.registry import HandlerSetupError, Registry, registry_of
from worker.settings import WorkerSettings

SIMULATES = "no handlers were given: tasks are acknowledged after a while, with nothing done"
SIMULATES_HINT = "--handlers package.module, --handler http or exec; --handler simulate if meant"


@contextlib.asynccontextmanager
async def chosen_handlers(
    settings: WorkerSettings, random: Random, log: FilteringBoundLogger
) -> AsyncIterator[Registry]:
    """Return the handlers that the settings ask for, ready until the block ends.

    Nothing asked for, nothing is provisioned: `log` says so.

    Raises:
        HandlerSetupError: they cannot be used.
    """
    modules = [name.strip() for name in settings.handlers.split(",") if name.strip()]
    if modules and settings.handler:
        raise HandlerSetupError("modules and a built-in handler: --handlers or --handler, not both")
    if modules:
        yield registry_of(modules)
    elif settings.handler == "http":
        from worker.handlers.http import Target, posting

        if not settings.http_url:
            raise HandlerSetupError("--handler http needs --http-url")
        headers = dict(_headers(settings.http_headers.get_secret_value()))
        target = Target(settings.http_url, headers, settings.http_timeout, settings.concurrency)
        async with posting(target) as registry:
            yield registry
    elif settings.handler == "exec":
        from worker.handlers.exec import Program, running

        if not settings.exec_program:
            raise HandlerSetupError("--handler exec needs --exec-program")
        yield running(Program(_words(settings.exec_program), settings.exec_failure))
    else:
        from worker.handlers.simulate import SimulatedProvisioning

        if not settings.handler:
            log.warning("worker.simulates", why=SIMULATES, hint=SIMULATES_HINT)
        yield SimulatedProvisioning(settings.simulation, random, settings.sim_seed).registry


def _headers(text: str) -> list[tuple[str, str]]:
    """Return the headers in `Name: value` lines."""
    found = []
    for line in filter(None, map(str.strip, text.replace("\\n", "\n").splitlines())):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise HandlerSetupError("--http-headers: each line is `Name: value`")
        found.append((name.strip(), value.strip()))
    return found


def _words(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise HandlerSetupError(f"--exec-program: {error}") from error
