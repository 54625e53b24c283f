"""Questions to who sits at the terminal. Ctrl-C ends them at once; the connection goes on."""

from __future__ import annotations

import asyncio
import os
import sys

import click

LINE_BYTES = 4096
"""A terminal gives a line of at most so many bytes at once."""
LOOK = 0.5
"""Seconds for which the event loop waits at most: a Ctrl-C in the moment before it begins to wait
would else be heard with the next key only."""


async def ask_line(words: str, stop: asyncio.Event) -> str | None:
    """Write `words` to stderr, and return the line that is typed, without the blanks around it.

    None: the input ended, or `stop` was set.
    """
    click.echo(f"{words}: ", err=True, nl=False)
    if not sys.stdin.isatty():
        # What is piped in comes at once, and its end ends the question.
        return _said(await asyncio.to_thread(sys.stdin.readline))
    reading, stopping = asyncio.ensure_future(_typed()), asyncio.ensure_future(stop.wait())
    try:
        while not (reading.done() or stopping.done()):
            await asyncio.wait(
                (reading, stopping), timeout=LOOK, return_when=asyncio.FIRST_COMPLETED
            )
        return _said(reading.result()) if reading.done() else None
    finally:
        reading.cancel()
        stopping.cancel()


async def confirmed(question: str, stop: asyncio.Event, *, default: bool = False) -> bool:
    """Ask until the answer is yes or no; an empty line is `default`, no answer is no."""
    while True:
        answer = await ask_line(f"{question} [{'Y/n' if default else 'y/N'}]", stop)
        if answer is None:
            click.echo(err=True)
            return False
        if answer == "":
            return default
        if answer.lower() in ("y", "yes", "n", "no"):
            return answer.lower().startswith("y")
        click.echo("Error: answer y or n", err=True)


async def _typed() -> str:
    """Return the next line; a thread that waits for it could not be left at Ctrl-C."""
    loop, source = asyncio.get_running_loop(), sys.stdin.fileno()
    line: asyncio.Future[bytes] = loop.create_future()

    def read() -> None:
        if not line.done():
            line.set_result(os.read(source, LINE_BYTES))

    try:
        loop.add_reader(source, read)
    except NotImplementedError:  # on Windows
        return await asyncio.to_thread(sys.stdin.readline)
    try:
        return (await line).decode(errors="replace")
    finally:
        loop.remove_reader(source)


def _said(line: str) -> str | None:
    return line.strip() if line else None
