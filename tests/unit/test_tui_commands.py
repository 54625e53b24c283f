"""What is typed after `:` is one command, or is told why not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farutech_console.tui.commands import COMMANDS, CommandError, matching, offered, parse


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("dlq", "dlq", ""),
        ("  over ", "overview", ""),
        ("theme  light ", "theme", "light"),
        ("pur", "purge", ""),
        ("Q", "quit", ""),
    ],
)
def test_a_beginning_will_do(text: str, name: str, argument: str) -> None:
    entered = parse(text, COMMANDS)
    assert (entered.command.name, entered.argument) == (name, argument)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("xyzzy", "there is no command xyzzy: overview, tasks, "),
        ("taks", r"there is no command taks: did you mean tasks or task\?"),
        ("sort colour", "sort takes one of seq, died, task"),
        ("theme dark red", "theme takes one of dark, light"),
        ("theme pink", "theme takes one of dark, light"),
        ("t", "t may be tasks or task or tenant or theme"),
        ("theme", "theme needs its NAME"),
        ("quit now", "quit takes nothing after it"),
    ],
)
def test_what_is_no_command_is_told(text: str, told: str) -> None:
    with pytest.raises(CommandError, match=told):
        parse(text, COMMANDS)


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    matching(text, COMMANDS)
    try:
        entered = parse(text, COMMANDS)
    except CommandError:
        return
    assert entered.command in COMMANDS


def test_a_read_only_console_offers_nothing_that_writes() -> None:
    assert not [command for command in offered(read_only=True) if command.writes]
    assert "purge" in [command.name for command in offered(read_only=False)]
    with pytest.raises(CommandError, match="this console is read-only: it has no purge"):
        parse("Purge", offered(read_only=True))
    with pytest.raises(CommandError, match="this console is read-only: it has no purge"):
        parse("pur", offered(read_only=True))


def test_names_are_completed_from_their_beginning_first() -> None:
    assert next(command.name for command in matching("o", COMMANDS)) == "overview"
    assert [command.name for command in matching("theme d", COMMANDS)] == ["theme"]
