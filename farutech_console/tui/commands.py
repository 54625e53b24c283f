"""The one table of commands: the `:` bar, its completion and the palette are made from it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from farutech_console.language import tr
from farutech_console.operations.index.order import SORT_KEYS
from farutech_console.tui.themes import THEMES


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    `argument` names what follows it, empty for nothing; in brackets where it may be left out;
    `choices` are what it may be, where that is one of a few.
    `room` is where it works: the console goes there first; empty for everywhere. `writes` hides it
    from read-only consoles.
    """

    name: str
    help: str
    argument: str = ""
    room: str = ""
    writes: bool = False
    choices: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The command as it is typed."""
        return f"{self.name} {tr(self.argument)}".strip()

    @property
    def needs_argument(self) -> bool:
        """Whether it says nothing alone."""
        return bool(self.argument) and not self.argument.startswith("[")


class Entered(NamedTuple):
    """A command as it was given."""

    command: Command
    argument: str


class CommandError(Exception):
    """What was typed is no command; the text says what would be one."""


COMMANDS = (
    Command("overview", "what is wrong, and the figures"),
    Command("tasks", "live events, task by task"),
    Command("dlq", "the dead letters"),
    Command("workers", "who runs the tasks"),
    Command("audit", "who changed what"),
    Command("task", "all that is known of a task, and where it is", "ID", "tasks"),
    Command("tenant", "the tasks of a tenant, the latest first", "ID", "tasks"),
    Command("stuck", "tasks that nobody will get again, and how we know", "", "tasks"),
    Command(
        "filter", "show only these dead letters; nothing after it shows all", "[FILTER]", "dlq"
    ),
    Command(
        "sort",
        "by a column of the dead letters; up turns it round",
        "KEY [up]",
        "dlq",
        choices=SORT_KEYS,
    ),
    Command("causes", "what the dead letters died of, counted", "", "dlq"),
    Command(
        "replay",
        "send the marked ones again, with a preview; RATE like 50/s",
        "[RATE]",
        "dlq",
        writes=True,
    ),
    Command("purge", "delete the marked dead letters, with a preview", "", "dlq", writes=True),
    Command("edit", "change the task of a dead letter, and replay it", "", "dlq", writes=True),
    Command("export", "write the marked dead letters to a file", "", "dlq"),
    Command("note", "a note on what the dead letter died of", "", "dlq", writes=True),
    Command(
        "pause", "hold the deliveries for a while, or let them go on", "", "workers", writes=True
    ),
    Command("rate", "how fast the run goes, such as 50/s; max for as fast as it can", "RATE"),
    Command("undo", "take a change back: what a purge took, a pause", "", "audit", writes=True),
    Command("theme", "colours: dark or light", "NAME", choices=tuple(THEMES)),
    Command("help", "the keys and these commands"),
    Command("quit", "leave; nothing on the server changes"),
)


def offered(*, read_only: bool) -> tuple[Command, ...]:
    """Return the commands that do something on this console."""
    return tuple(command for command in COMMANDS if not (read_only and command.writes))


def matching(text: str, commands: Iterable[Command]) -> tuple[Command, ...]:
    """Return the commands that what was typed so far may become, the likelier first."""
    word = text.strip().partition(" ")[0].casefold()
    if text.startswith(f"{word} ") and word:
        return tuple(command for command in commands if command.name == word)
    begin = [command for command in commands if command.name.startswith(word)]
    hold = [command for command in commands if word in command.name and command not in begin]
    return (*begin, *hold)


def completions(text: str, commands: Sequence[Command]) -> tuple[str, ...]:
    """Return what may be meant by what was typed so far, whole, the likelier first."""
    name, space, argument = text.lstrip().partition(" ")
    if not space:
        return tuple(
            f"{one.name} " if one.argument else one.name for one in matching(text, commands)
        )
    wanted = argument.strip().casefold()
    return tuple(
        f"{one.name} {choice}"
        for one in commands
        if one.name == name.casefold()
        for choice in one.choices
        if choice.startswith(wanted)
    )


def parse(text: str, commands: Iterable[Command]) -> Entered:
    """Return the command in a line; a beginning that only one has will do.

    Raises:
        CommandError: there is none of this name, more than one, or its argument is missing.
    """
    name, _, argument = text.strip().partition(" ")
    known = tuple(commands)
    found = [command for command in known if command.name == name.casefold()]
    found = found or [c for c in known if name and c.name.startswith(name.casefold())]
    if not found:
        begun = name.casefold()
        withheld = next((one.name for one in COMMANDS if begun and one.name.startswith(begun)), "")
        if withheld:
            raise CommandError(tr("this console is read-only: it has no {name}", name=withheld))
        raise CommandError(_no_such_command(name, tuple(each.name for each in known)))
    if len(found) > 1:
        names = tr(" or ").join(each.name for each in found)
        raise CommandError(tr("{name} may be {known}", name=name, known=names))
    command = found[0]
    argument = argument.strip()
    if command.needs_argument and not argument:
        what = tr(command.argument)
        raise CommandError(tr("{name} needs its {what}", name=command.name, what=what))
    if argument and not command.argument:
        raise CommandError(tr("{name} takes nothing after it", name=command.name))
    choice = argument.partition(" ")[0] if " " in command.argument else argument
    if command.choices and choice.casefold() not in command.choices:
        known_choices = ", ".join(command.choices)
        told = tr("{name} takes one of {choices}", name=command.name, choices=known_choices)
        raise CommandError(told)
    return Entered(command, argument)


def _no_such_command(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name.casefold(), known, n=2)
    told = tr("did you mean {key}?", key=tr(" or ").join(close)) if close else ", ".join(known)
    return tr("there is no command {name}: {known}", name=name, known=told)
