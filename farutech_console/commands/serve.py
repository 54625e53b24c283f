"""`farutech-console serve`: the console in a browser."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import click

from farutech_console.commands import output
from farutech_console.settings import ConsoleSettings
from worker.flags import load_settings, settings_flags

PORT = 8000


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 for any."
)
@settings_flags(ConsoleSettings)
def serve(*, port: int, **given: Any) -> None:
    """Show the console in a browser on this machine.

    Prints an address with a token, new each time: whoever has it can do what the console can.
    Only 127.0.0.1 is listened on; from elsewhere, forward the port: ssh -L 8000:127.0.0.1:8000.
    """
    settings = load_settings(ConsoleSettings, given)
    try:
        from farutech_console.web.server import WebError
    except ModuleNotFoundError as error:
        raise click.ClickException(
            "serving needs its extra: pip install 'farutech-console[web]'"
        ) from error
    try:
        asyncio.run(_serve(settings, port))
    except WebError as error:
        raise click.ClickException(str(error)) from error


async def _serve(settings: ConsoleSettings, port: int) -> None:
    from farutech_console.web import server

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: Ctrl-C cancels, as asyncio does by itself
            break

    def tell(address: str) -> None:
        click.echo(address)
        output.say("Open it in a browser on this machine. Ctrl-C ends it and every console in it.")

    await server.serve(settings, port, tell, stop)
