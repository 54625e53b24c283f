"""`farutech-console demo`."""

from __future__ import annotations

import sys

import click

from farutech_console.commands.terminal import open_console
from farutech_console.demo.server import NoServerError
from farutech_console.demo.stack import NOTICE, demo_stack
from farutech_console.settings import ConsoleSettings


@click.command("demo")
def demo_command() -> None:
    """Open the console on a live system of its own: a server, a worker, and tasks that fail.

    Nothing needs to be set up, and nothing is left behind.
    """
    try:
        with demo_stack() as stack:
            code = open_console(lambda: ConsoleSettings(server=stack.url), NOTICE)
    except NoServerError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(code)
