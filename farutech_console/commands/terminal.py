"""Opening the console in this terminal, where the extra `tui` is installed."""

from __future__ import annotations

import os
import sys

import click

from farutech_console.settings import ConsoleSettings


def open_console(settings: ConsoleSettings, notice: str = "") -> int:
    """Open the terminal console; returns the exit code when the operator leaves.

    `notice` is a line that every screen shows.

    Raises:
        click.UsageError: there is no terminal to open it in.
        click.ClickException: the extra `tui` is not installed.
    """
    in_a_browser = "TEXTUAL_DRIVER" in os.environ
    if not in_a_browser and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError(
            "the console needs a terminal; for scripts there are the commands: farutech-console -h"
        )
    try:
        from farutech_console.tui.app import run_console
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "textual":
            raise
        raise click.ClickException(
            "the console needs its extra: pip install 'farutech-console[tui]'. "
            "The commands, such as `farutech-console dlq list`, work without it."
        ) from error
    from farutech_console.operations.live import LiveBackend

    backend = LiveBackend(
        settings.connection("farutech-console"), settings.names, read_only=settings.read_only
    )
    return run_console(backend, notice=notice)
