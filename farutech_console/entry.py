"""Where `farutech-console` begins: the screen is painted before anything slow is imported."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

    from farutech_console.settings import ConsoleSettings

ANSWERED_IN_TEXT = frozenset({"-h", "--help", "--version"})
_LIKE_A_COMMAND = re.compile(r"[a-z-]*")


def main() -> None:
    """Open the console where only flags are given; else run the command line."""
    from farutech_console.commands.terminal import COMPLETING, is_terminal, open_console

    words = sys.argv[1:]
    completes = COMPLETING in os.environ
    if completes or not (opens_the_console(words) and is_terminal()):
        from farutech_console.cli import main as run_command

        run_command()
        return
    try:
        sys.exit(open_console(lambda: _settings(words)))
    except _refusal() as error:
        error.show()
        sys.exit(error.exit_code)


def opens_the_console(words: Sequence[str]) -> bool:
    """Return whether these arguments are flags only, so that no command can be among them.

    A word after a flag may be its value. One that could be a command as well leaves it to the
    command line, which takes longer and knows.
    """
    if ANSWERED_IN_TEXT.intersection(words):
        return False
    before = ""
    for word in words:
        may_be_value = before.startswith("--") and "=" not in before
        if not word.startswith("-") and (not may_be_value or _LIKE_A_COMMAND.fullmatch(word)):
            return False
        before = word
    return True


def _settings(words: Sequence[str]) -> ConsoleSettings:
    """Read flags, environment and files.

    Raises:
        click.UsageError: they do not make sense; the text says which and why.
    """
    import click

    from farutech_console.cli import console
    from farutech_console.settings import ConsoleSettings
    from worker.flags import load_settings

    context = console.make_context("farutech-console", list(words))
    if context.args:
        raise click.UsageError(f"No such command {context.args[0]!r}.", context)
    return load_settings(ConsoleSettings, context.params)


def _refusal() -> type[click.ClickException]:
    """Return what a mistake of use raises; click is imported once there is one."""
    import click

    return click.ClickException
