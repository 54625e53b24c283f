"""Opening the console in this terminal, where the extra `tui` is installed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from farutech_console import language
from farutech_console.tui import garbage

# Only what the first paint needs: settings, click and NATS are imported after it, in a thread.
if TYPE_CHECKING:
    from farutech_console.operations.live.backend import LiveBackend
    from farutech_console.settings import ConsoleSettings
    from farutech_console.tui.preferences import Preferences

COMPLETING = "_FARUTECH_CONSOLE_COMPLETE"
"""Set where a shell asks how a command line may go on: its words are in variables, too."""


def is_terminal() -> bool:
    """Return whether somebody sits before it, at a terminal or a browser."""
    return "TEXTUAL_DRIVER" in os.environ or (sys.stdin.isatty() and sys.stderr.isatty())


def open_console(load: Callable[[], ConsoleSettings], notice: str = "") -> int:
    """Open the terminal console; returns the exit code when the operator leaves.

    `load` is called after the first paint, in a thread; what it raises is raised once the terminal
    is put back. `notice` is a line that every screen shows.

    Raises:
        click.UsageError: there is no terminal to open it in, or `load` found the settings wrong.
        click.ClickException: the extra `tui` is not installed.
    """
    if not is_terminal():
        import click

        raise click.UsageError(
            "the console needs a terminal; for scripts there are the commands: farutech-console -h"
        )
    garbage.hold()
    try:
        from farutech_console.tui.app import run_console
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "textual":
            raise
        import click

        raise click.ClickException(
            "the console needs its extra: pip install 'farutech-console[tui]'. "
            "The commands, such as `farutech-console dlq list`, work without it."
        ) from error
    from farutech_console.operations.live.threaded import ThreadedBackend

    loaded: list[ConsoleSettings] = []

    def make() -> LiveBackend:
        try:
            settings = load()
            loaded.append(settings)
            _speak(settings)
            return _backend(settings)
        finally:
            garbage.begin()

    language.use(language.at_start(sys.argv[1:], os.environ))
    return run_console(
        ThreadedBackend(make), notice=notice, preferences=lambda: _preferences(loaded[-1])
    )


def _speak(settings: ConsoleSettings) -> None:
    language.use(settings.lang or language.from_locale(os.environ))


def _preferences(settings: ConsoleSettings) -> Preferences:
    from farutech_console.operations.environments import environment_of
    from farutech_console.tui.preferences import Preferences

    return Preferences(
        environment=environment_of(settings.environment, settings.context_in_use),
        call=settings.call,
        call_dead_letters=settings.call_dead_letters,
        call_pending=settings.call_pending,
        call_stuck=settings.call_stuck,
        call_silent=settings.call_silent,
        in_tmux="TMUX" in os.environ,
        reach=settings.reach,
    )


def _backend(settings: ConsoleSettings) -> LiveBackend:
    from farutech_console.operations.live.backend import LiveBackend

    return LiveBackend(
        settings.connection("farutech-console"), settings.names, read_only=settings.read_only
    )
