"""`farutech-console demo`."""

from __future__ import annotations

import sys

import click

from farutech_console.commands.terminal import open_console
from farutech_console.demo.server import NoServerError
from farutech_console.demo.stack import NOTICE, demo_stack
from farutech_console.language import LANGUAGES, Language
from farutech_console.settings import ConsoleSettings


@click.command("demo")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the console.")
@click.pass_context
def demo_command(context: click.Context, lang: Language | None) -> None:
    """Open the console on a live system of its own: a server, a worker, and tasks that fail.

    Nothing needs to be set up, and nothing is left behind.
    """
    wanted = lang or context.find_root().params.get("lang")
    try:
        with demo_stack() as stack:
            code = open_console(lambda: _settings(stack.url, wanted), NOTICE)
    except NoServerError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(code)


def _settings(server: str, lang: Language | None) -> ConsoleSettings:
    settings = ConsoleSettings(server=server)
    system = {"environment": settings.environment or "demo"}
    return settings.model_copy(update=system | ({"lang": lang} if lang else {}))
