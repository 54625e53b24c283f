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


# As click's, and: compinit, which a fresh .zshrc does not have yet, is called where nobody did, and
# no space is put behind what goes on.
_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a response whole going described described_going
    local type key about
    (( ! $+commands[%(prog_name)s] )) && return 1
    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
        %(complete_var)s=zsh_complete %(prog_name)s)}")
    for type key about in ${response}; do
        case "$type" in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            plain)
                if [[ "$about" != "_" && "$key" == *[:=.\\<\\>~] ]]; then
                    described_going+=("$key:$about")
                elif [[ "$about" != "_" ]]; then
                    described+=("$key:$about")
                elif [[ "$key" == *[:=.\\<\\>~] ]]; then
                    going+=("$key")
                else
                    whole+=("$key")
                fi
                ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#described_going )) && _describe -V unsorted described_going -U -S ''
    (( $#whole )) && compadd -U -V unsorted -a whole
    (( $#going )) && compadd -U -S '' -V unsorted -a going
    return $(( compstate[nmatches] == 0 ))
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
    compdef %(complete_func)s %(prog_name)s
fi
"""


class FilterZsh(ZshComplete):
    """Completion in zsh, where words of a filter go on behind their colon."""

    source_template = _ZSH


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
add_completion_class(FilterZsh)
SHELLS: dict[str, type[ShellComplete]] = {
    "bash": FilterBash,
    "zsh": FilterZsh,
    "fish": FishComplete,
}


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
def completion(shell: str) -> None:
    """Print the script that has SHELL complete commands, flags and their values.

    \b
    bash  echo 'eval "$(farutech-console completion bash)"' >> ~/.bashrc
    zsh   echo 'eval "$(farutech-console completion zsh)"' >> ~/.zshrc
    fish  mkdir -p ~/.config/fish/completions
          farutech-console completion fish > ~/.config/fish/completions/farutech-console.fish

    bash has to be 4.4 or newer.
    """  # noqa: D301 - click reads the backspace
    click.echo(script(shell, click.get_current_context().find_root().command))


def script(shell: str, command: click.Command) -> str:
    """Return the script. The template is filled here: click's own way runs the shell to ask it."""
    complete = SHELLS[shell](command, {}, PROGRAM, VARIABLE)
    return complete.source_template % complete.source_vars()
