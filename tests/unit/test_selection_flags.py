"""`[FILTER] --all --seq N --limit N`: what they say, and what they refuse."""

from __future__ import annotations

import shlex

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from farutech_console.commands.selection import selection_flags
from farutech_console.operations.filter.help import RULES
from farutech_console.operations.filter.keys import KEYS
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.letters.selection import Selection


def called(words: str, *, required: bool = True) -> tuple[Result, Selection | None]:
    got: list[Selection] = []

    @click.command()
    @selection_flags(required=required)
    @click.option("--yes", is_flag=True)
    def command(*, selection: Selection, yes: bool) -> None:
        assert isinstance(yes, bool)
        got.append(selection)

    result = CliRunner().invoke(command, shlex.split(words))
    return result, got[0] if got else None


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("--all", Selection()),
        ("--seq 7 --seq 3 --seq 7", Selection(sequences=(3, 7))),
        ("tenant:acme --limit 5", Selection(parse_filter("tenant:acme"), limit=5)),
        ("tenant:acme 'age>2h' --all", Selection(parse_filter("tenant:acme age>2h"))),
        ("--yes -- -tenant:acme", Selection(parse_filter("!tenant:acme"))),
        ("timeout --oldest --limit 0", Selection(parse_filter("timeout"), (), 0, "oldest")),
    ],
)
def test_flags_become_a_selection(words: str, meant: Selection) -> None:
    result, selection = called(words)
    assert result.exit_code == 0, result.output
    assert selection == meant


@pytest.mark.parametrize("words", ["--all", "a b --limit 3 --oldest", "--seq 4 --seq 5 x:y"])
def test_its_words_mean_the_same_again(words: str) -> None:
    _, selection = called(words.replace("x:y", "type:y"))
    assert selection is not None
    assert called(shlex.join(selection.words()))[1] == selection


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", "say which letters"),
        ("--all --seq 3", "say which letters"),
        ("--seq 0", "not in the range"),
        ("--limit -1", "not in the range"),
        ("'tenant:acme tenat:x'", "did you mean tenant?"),
    ],
)
def test_what_is_refused(words: str, why: str) -> None:
    result, selection = called(words)
    assert (result.exit_code, selection) == (2, None)
    assert why in result.output


def test_an_error_in_the_filter_points_at_its_place() -> None:
    result, _ = called("'type:x age>2y'")
    assert "column 12" in result.output
    assert result.output.splitlines()[-2:] == ["  type:x age>2y", "  " + " " * 11 + "^"]


def test_where_nothing_is_required_nothing_said_is_all() -> None:
    assert called("", required=False)[1] == Selection()


def test_the_language_can_be_asked_for() -> None:
    result, selection = called("--help-filter")
    assert (result.exit_code, selection) == (0, None)
    lines = result.output.splitlines()
    assert [line.split("   ")[0] for line in lines if line] == [
        *(rule.split("   ")[0] for rule in RULES),
        *(key.example for key in KEYS.values()),
    ]
    assert max(map(len, lines)) < 80


def test_every_rule_of_the_help_is_right() -> None:
    for line in RULES:
        assert parse_filter(line.split("   ")[0])


def test_the_shell_completes_a_filter() -> None:
    @click.command()
    @selection_flags(required=False)
    def command(*, selection: Selection) -> None:
        assert selection

    complete = ShellComplete(command, {}, "command", "_COMMAND_COMPLETE")
    offered = complete.get_completions([], "!ten")
    assert [(one.value, one.help) for one in offered] == [
        ("!tenant:", "the tenant's id: tenant:acme-*")
    ]
