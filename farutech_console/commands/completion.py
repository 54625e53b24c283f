"""`farutech-console completion`: the script that has a shell complete commands and flags."""

from __future__ import annotations

import os

import click
from click.shell_completion import (
    BashComplete,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from farutech_console.commands.terminal import COMPLETING

PROGRAM = "farutech-console"
VARIABLE = COMPLETING

# bash breaks words at colons as well, and replaces only what stands after the last one.
_BASH = """\
%(complete_func)s() {
    local line="${COMP_LINE:0:COMP_POINT}" word kept="" completion value
    [[ -n $line ]] || line="${COMP_WORDS[*]:0:COMP_CWORD+1}"
    word="${line##*[[:space:]]}"
    if [[ $COMP_WORDBREAKS == *:* && $word == *:* && $word != [\\"\\']* ]]; then
        kept="${word%%"${word##*:}"}"
    fi
    COMPREPLY=()
    while IFS= read -r completion; do
        value="${completion#*,}"
        case "${completion%%%%,*}" in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                [[ $value == *[:=.\\<\\>~] ]] && compopt -o nospace
                COMPREPLY+=("${value#"$kept"}")
                ;;
        esac
    done < <(env COMP_WORDS="$line" %(complete_var)s=bash_complete "$1")
    return 0
}

complete -o nosort -o default -F %(complete_func)s %(prog_name)s
"""


class FilterBash(BashComplete):
    """Completion of the words of a line in bash, filters with colons in them among those."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one to complete, and that one."""
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)
        if not words or line[-1:].isspace():
            return words[1:], ""
        return words[1:-1], words[-1]


add_completion_class(FilterBash)
SHELLS: dict[str, type[ShellComplete]] = {
    "bash": FilterBash,
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
