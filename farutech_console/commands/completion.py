"""`farutech-console completion`: the script that has a shell complete commands and flags."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

PROGRAM = "farutech-console"
VARIABLE = "_FARUTECH_CONSOLE_COMPLETE"
SHELLS: dict[str, type[ShellComplete]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": FishComplete,
}


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
def completion(shell: str) -> None:
    r"""Print the script that has SHELL complete commands, flags and their values.

    \b
    bash  echo 'eval "$(farutech-console completion bash)"' >> ~/.bashrc
    zsh   echo 'eval "$(farutech-console completion zsh)"' >> ~/.zshrc
    fish  farutech-console completion fish > ~/.config/fish/completions/farutech-console.fish

    bash has to be 4.4 or newer.
    """
    click.echo(script(shell, click.get_current_context().find_root().command))


def script(shell: str, command: click.Command) -> str:
    """Return the script. The template is filled here: click's own way runs the shell to ask it."""
    complete = SHELLS[shell](command, {}, PROGRAM, VARIABLE)
    return complete.source_template % complete.source_vars()
