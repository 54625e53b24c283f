"""Shell completion: what it offers, and that a real bash takes the script."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from farutech_console import cli
from farutech_console.commands.completion import PROGRAM, SHELLS, VARIABLE
from tests.support.terminal import in_terminal

SCRIPTS = Path(sysconfig.get_path("scripts"))


def offered(*words: str) -> set[str]:
    """What is offered for the last word, after the others."""
    shell = ShellComplete(cli.console, {}, PROGRAM, VARIABLE)
    return {str(x.value) for x in shell.get_completions(list(words[:-1]), words[-1])}


def test_commands_are_offered() -> None:
    assert offered("st") == {"status", "stuck"}
    assert offered("") == set(cli.COMMANDS)
    assert {"list", "replay", "purge"} <= offered("dlq", "")
    assert offered("stuck", "") == {"list", "recover"}


def test_flags_and_their_values_are_offered() -> None:
    assert offered("status", "--sa") == {"--sample"}
    assert {"--json", "--server", "--read-only"} <= offered("status", "--")
    assert offered("stuck", "recover", "--to", "") == {"dlq", "work"}
    assert offered("completion", "") == set(SHELLS)
    assert {"--server", "--stream"} <= offered("--s")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_names_the_program(shell: str) -> None:
    said = CliRunner().invoke(cli.console, ["completion", shell])
    assert said.exit_code == 0
    assert PROGRAM in said.output
    assert f"{VARIABLE}={shell}_complete" in said.output


def test_another_shell_is_wrong_usage() -> None:
    assert CliRunner().invoke(cli.console, ["completion", "csh"]).exit_code == 2


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_a_real_bash_completes() -> None:
    words = """
        eval "$(farutech-console completion bash)"
        COMP_WORDS=(farutech-console stat) COMP_CWORD=1
        _farutech_console_completion farutech-console
        printf '%s\\n' "${COMPREPLY[@]}"
        complete -p farutech-console
    """
    said = subprocess.run(
        ["bash", "--norc", "-c", words],
        env={"PATH": f"{SCRIPTS}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    first, *_, last = said.stdout.splitlines()
    assert first == "status"
    assert "_farutech_console_completion farutech-console" in last


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_a_bash_at_a_terminal_completes_commands_and_filters() -> None:
    """There the console could open, were it not known that only the shell asks."""
    env = {"PATH": f"{SCRIPTS}:/usr/bin:/bin", "PS1": "> "}
    with in_terminal(("bash", "--norc", "-i"), env, 100, 10) as (terminal, _):
        terminal.send('eval "$(farutech-console completion bash)"; echo re""ady\r')
        terminal.wait_for("ready")
        terminal.send("farutech-console dl\t")
        terminal.wait_for("farutech-console dlq ")
        terminal.send("li\tten\t")
        terminal.wait_for("dlq list tenant:")
        terminal.send("x reason:stu\t")
        terminal.wait_for("dlq list tenant:x reason:stuck ")


SET_UP: dict[str, tuple[str, ...]] = {
    "zsh": ("""echo 'eval "$(farutech-console completion zsh)"' >> ~/.zshrc""",),
    "fish": (
        "mkdir -p ~/.config/fish/completions",
        "farutech-console completion fish > ~/.config/fish/completions/farutech-console.fish",
    ),
}


def test_the_help_says_how_to_set_a_shell_up() -> None:
    told = CliRunner().invoke(cli.console, ["completion", "-h"]).output
    assert [line for lines in SET_UP.values() for line in lines if line not in told] == []


@pytest.mark.parametrize("shell", SET_UP)
def test_another_shell_at_a_terminal_completes_commands_filters_and_files(
    shell: str, tmp_path: Path
) -> None:
    """In a home where nothing but that was ever set up."""
    for program in (shell, "setsid"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} here")
    (tmp_path / "exported.jsonl").touch()
    env = {"PATH": f"{SCRIPTS}:/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    for words in SET_UP[shell]:
        subprocess.run(["sh", "-c", words], env=env, check=True, timeout=60)
    # Job control, which fish insists on, wants the terminal to be the shell's own.
    begin = ("setsid", "-cw", shell, "-i")
    with in_terminal(begin, env, 100, 10) as (terminal, _):
        terminal.send("echo re''ady\r")
        terminal.wait_for("\nready")
        terminal.send("farutech-console dl\t")
        terminal.wait_for("farutech-console dlq ")
        terminal.send("li\tten\t")
        terminal.wait_for("dlq list tenant:")
        terminal.send("x reason:stu\t")
        terminal.wait_for("dlq list tenant:x reason:stuck ")
        terminal.send(f"\x15farutech-console dlq import {tmp_path}/exp\t")
        terminal.wait_for(lambda screen: "exported.jsonl" in screen.replace("\n", ""))
