"""A command's connection: opened, waited for, and its failures said in words with an exit code."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

import click

from farutech_console.commands.foot_line import clear_foot
from farutech_console.commands.output import say
from farutech_console.settings import ConsoleSettings
from worker.event_loop import fast_loop
from worker.flags import load_settings
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.live.backend import LiveBackend

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_NO_CONNECTION = 3
EXIT_CANCELLED = 130

CONNECT_SECONDS = 5.0
"""How long a command waits for a server before it gives up."""

T = TypeVar("T")

Work = Callable[["LiveBackend", asyncio.Event], Awaitable[int]]
"""What a command does: it is given the operations, and an event that asks it to stop."""


class StoppedError(Exception):
    """The command was asked to stop, and nothing came of it; the text says so."""

    def __init__(self, told: str = "Nothing was begun.") -> None:
        super().__init__(told)


def run(given: dict[str, Any], work: Work, *, listen: bool = False) -> None:
    """Connect, do the work, and leave with its exit code; with `listen` hear task events.

    0 done, 1 some failed or refused, 2 usage, 3 no connection, 130 cancelled. The first Ctrl-C,
    SIGTERM or SIGHUP asks the work to stop where it is safe, the second one ends it at once.
    """
    settings = settings_of(given)
    try:
        with asyncio.Runner(loop_factory=fast_loop()) as runner:
            code = runner.run(_connected(settings, work, listen=listen))
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("Cancelled.")
        code = EXIT_CANCELLED
    sys.exit(code)


def settings_of(given: dict[str, Any]) -> ConsoleSettings:
    """Return the settings of the command that runs, from its flags and those before it."""
    return load_settings(ConsoleSettings, _with_flags_before_the_command(given))


async def going_on(stop: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until the command is asked to stop; return whether it goes on."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
    return not stop.is_set()


async def unless_stopped(work: Awaitable[T], stop: asyncio.Event) -> T:
    """Do what may be broken off at any moment; `stop` breaks it off.

    Raises:
        StoppedError: it was.
    """
    doing, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((doing, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise StoppedError
        return doing.result()
    finally:
        doing.cancel()
        stopping.cancel()
        await asyncio.wait((doing, stopping))


async def until_stopped(
    pages: AsyncGenerator[T, None], stop: asyncio.Event
) -> AsyncGenerator[T, None]:
    """Yield what `pages` yields until `stop`, however long the next page takes; closes them."""
    async with aclosing(pages):
        while not stop.is_set():
            try:
                page = await unless_stopped(anext(pages), stop)
            except (StopAsyncIteration, StoppedError):
                return
            yield page


def _with_flags_before_the_command(given: dict[str, Any]) -> dict[str, Any]:
    before = click.get_current_context().find_root().params
    return before | {name: value for name, value in given.items() if value is not None}


async def _connected(settings: ConsoleSettings, work: Work, *, listen: bool) -> int:
    from farutech_console.operations.errors import OperationError
    from farutech_console.operations.live.backend import LiveBackend
    from worker.jetstream.errors import JetStreamError, RefusedError, UnreachableError

    options = settings.connection("farutech-console")
    backend = LiveBackend(options, settings.names, read_only=settings.read_only, listen=listen)
    try:
        with _stopping() as stop:
            async with backend:
                await backend.connected(CONNECT_SECONDS)
                # What was imported stays: the garbage collector need not look at it again.
                gc.freeze()
                code = await work(backend, stop)
        return EXIT_CANCELLED if stop.is_set() else code
    except StoppedError as stopped:
        say(str(stopped))
        return EXIT_CANCELLED
    except (UnreachableError, RefusedError) as error:
        say(f"{sentence(error)}. Check --server (NATS_URL) or --context, and who we are to it.")
        return EXIT_NO_CONNECTION
    except (JetStreamError, OperationError) as error:
        say(f"{sentence(error)}.")
        return EXIT_FAILED


@contextlib.contextmanager
def _stopping() -> Iterator[asyncio.Event]:
    """Turn the first signal that asks us to end into an event; the second one ends us at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    heard: set[int] = set()

    def ask() -> None:
        if stop.is_set():
            signal.raise_signal(signal.SIGINT)
            return
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)
        heard.discard(signal.SIGINT)
        with contextlib.suppress(OSError):  # The terminal may be gone.
            clear_foot()
            say("Stopping; what is in hand is finished first. Ctrl-C again leaves at once.")

    try:
        for number in _endings():
            # On Windows, where Ctrl-C cancels as asyncio does by itself, and outside the main
            # thread there are none.
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, ask)
                heard.add(number)
        yield stop
    finally:
        for number in heard:
            loop.remove_signal_handler(number)


def _endings() -> list[int]:
    """Return the signals that ask a command to end; what nohup has us ignore stays ignored."""
    numbers = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
    return [
        number
        for number in numbers
        if number is not None
        and (number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN)
    ]


def sentence(error: object) -> str:
    """Return words as they begin a sentence, literally; a key that they begin with stays one."""
    text = literal(str(error))
    return text if "_" in text.partition(" ")[0] else text[:1].upper() + text[1:]
