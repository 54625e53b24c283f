"""The console's commands as a script uses them: real processes, their output and exit code."""

from __future__ import annotations

import asyncio
import json
import os
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from farutech_console import cli
from tests.support.nats_server import NatsServer

CONSOLE = Path(sysconfig.get_path("scripts")) / "farutech-console"


@dataclass(frozen=True)
class Said:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


async def start(
    *words: str, server: NatsServer | None = None, **environment: str
) -> asyncio.subprocess.Process:
    """Start a command against a server, without a terminal."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("NATS_")}
    if server is not None:
        env["NATS_URL"] = server.url
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        CONSOLE,
        *words,
        env=env | environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
    )


async def console(*words: str, server: NatsServer | None = None, **environment: str) -> Said:
    """Run a command to its end."""
    process = await start(*words, server=server, **environment)
    out, err = await process.communicate()
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())


async def invoked(*words: str, server: NatsServer | None = None, **environment: str) -> Said:
    """Run a command to its end in this process, which is quicker; one at a time."""
    env: dict[str, str | None] = {name: None for name in os.environ if name.startswith("NATS_")}
    if server is not None:
        env["NATS_URL"] = server.url
    runner = CliRunner(env=env | environment)
    result = await asyncio.to_thread(runner.invoke, cli.console, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


def flat(record: dict[str, Any], parts: tuple[str, ...]) -> list[str]:
    """The keys of a record; of those named in `parts`, with the keys inside, dotted."""
    keys: list[str] = []
    for key, value in record.items():
        keys += [f"{key}.{inner}" for inner in value] if key in parts else [key]
    return keys
