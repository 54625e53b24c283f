"""`farutech-console`: the terminal console, and every operation as a command."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

import click

from farutech_console import __version__
from farutech_console.commands.lazy import lazy_group
from farutech_console.commands.terminal import COMPLETING, open_console
from farutech_console.settings import ConsoleSettings
from worker.flags import load_settings, settings_flags

EXIT_FAILED = 1
COMMANDS = {
    "audit": ("farutech_console.commands.audit", "audit"),
    "check": ("farutech_console.commands.check", "check"),
    "completion": ("farutech_console.commands.completion", "completion"),
    "dlq": ("farutech_console.commands.dlq", "dlq"),
    "demo": ("farutech_console.commands.demo", "demo_command"),
    "doctor": ("farutech_console.commands.doctor", "doctor"),
    "events": ("farutech_console.commands.events", "events"),
    "pause": ("farutech_console.commands.pause", "pause"),
    "resume": ("farutech_console.commands.pause", "resume"),
    "serve": ("farutech_console.commands.serve", "serve"),
    "status": ("farutech_console.commands.status", "status"),
    "stuck": ("farutech_console.commands.stuck", "stuck"),
    "task": ("farutech_console.commands.task", "task"),
    "workers": ("farutech_console.commands.workers", "workers"),
}


@click.group(
    cls=lazy_group(COMMANDS),
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="farutech-console")
@settings_flags(ConsoleSettings)
@click.pass_context
def console(context: click.Context, /, **given: Any) -> None:
    """Look into a provisioning queue on NATS JetStream, and mend it.

    Without a command the console opens in this terminal. Flags that stand before a command count
    for it as well.
    """
    if context.invoked_subcommand is not None:
        return
    sys.exit(open_console(lambda: load_settings(ConsoleSettings, given)))


def main() -> None:
    """Run the command line."""
    if COMPLETING in os.environ:
        from farutech_console.commands import completion as _  # noqa: F401 - it teaches click
    try:
        console(prog_name="farutech-console")
    except OSError as error:
        # The disk may be full, or the terminal gone: then nobody can be told. Where who reads our
        # output has enough, click ends quietly.
        with contextlib.suppress(OSError):
            click.echo(f"Output or a file failed: {error.strerror}.", err=True)
        sys.exit(EXIT_FAILED)
