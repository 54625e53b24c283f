"""`docs/commands.md` says what the commands are, and every key of every record stands in it."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from farutech_console import cli
from farutech_console.operations.audit.log import AuditEntry, entry_record
from farutech_console.operations.letters import record_keys as keys
from farutech_console.operations.letters.records import (
    full_record,
    letter_record,
    outcome_record,
    plan_record,
)
from farutech_console.operations.model import Outcome
from farutech_console.reference import RECORDS, reference
from tests.console.fixed import FixedBackend
from tests.console.fixed_letters import some_letters
from tests.console.moment import NOW

DOCUMENT = Path(__file__).parents[2] / "docs" / "commands.md"


def commands(group: click.Group = cli.console, prefix: str = "") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= commands(command, f"{prefix}{name} ")
        else:
            found[f"{prefix}{name}"] = command
    return found


def test_the_document_is_current() -> None:
    assert DOCUMENT.read_text() == reference(), "run: make reference"


@pytest.mark.parametrize("path", sorted(commands()))
def test_a_command_that_prints_records_has_its_keys_told(path: str) -> None:
    prints = any(param.name == "as_json" for param in commands()[path].params)
    assert prints == (path in RECORDS)


def test_every_command_says_what_it_does() -> None:
    assert [path for path, command in commands().items() if not command.help] == []


async def test_the_keys_that_are_told_are_those_that_are_printed() -> None:
    letter = some_letters()[0]
    assert list(letter_record(letter)) == list(keys.LETTER_KEYS)
    printed = set(full_record(letter)) - set(keys.LETTER_KEYS)
    assert printed <= set(keys.FULL_KEYS)
    change = AuditEntry("i", "replay", "me", NOW, None, "open")
    assert list(entry_record(change)) == list(keys.AUDIT_KEYS)
    plan = await FixedBackend().plan_replay(None)
    assert list(plan_record(plan)) == list(keys.PLAN_KEYS)
    assert list(outcome_record(Outcome(1, "t", "replayed"))) == list(keys.OUTCOME_KEYS)
