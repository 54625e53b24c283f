"""The reference of all commands, made from the commands themselves: `docs/commands.md`.

`python -m farutech_console.reference` prints it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping

import click

from farutech_console.cli import console
from farutech_console.operations.doctor.checks import CHECKS
from farutech_console.operations.doctor.model import FINDING_KEYS
from farutech_console.operations.filter.keys import KEYS as FILTER_KEYS
from farutech_console.operations.letters import record_keys as keys
from farutech_console.operations.steps import STEP_KEYS
from farutech_console.operations.story.view import STORY_KEYS, SUMMARY_KEYS
from farutech_console.operations.stuck.view import RECOVERY_KEYS, STUCK_KEYS
from farutech_console.operations.watch.status_records import PAUSE_KEYS, STATUS_KEYS, WORKER_KEYS
from farutech_console.settings import ConsoleSettings
from worker.setting_fields import env_name

Tables = tuple[tuple[str, Mapping[str, str]], ...]

_OUTCOMES: Tables = (("Of each letter", keys.OUTCOME_KEYS), ("At the end", keys.SUMMARY_KEYS))
RECORDS: Mapping[str, Tables] = {
    "audit": (("Of each change", keys.AUDIT_KEYS),),
    "dlq edit": _OUTCOMES,
    "dlq groups": (("Of each cause", keys.GROUP_KEYS),),
    "dlq import": (*_OUTCOMES, ("With --dry-run", keys.IMPORT_KEYS)),
    "dlq note": (("Of each note", keys.NOTE_KEYS),),
    "dlq list": (("Of each letter", keys.LETTER_KEYS),),
    "dlq purge": (*_OUTCOMES, ("With --dry-run", keys.PLAN_KEYS)),
    "dlq replay": (*_OUTCOMES, ("With --dry-run", keys.PLAN_KEYS)),
    "dlq show": (("Beside those of `dlq list`", keys.FULL_KEYS),),
    "dlq undo": (*_OUTCOMES, ("With --dry-run", keys.UNDO_KEYS)),
    "doctor": (
        ("Of each finding", FINDING_KEYS),
        ("The checks", {name: words for name, (words, _) in CHECKS.items()}),
    ),
    "events": (("Of each event", STEP_KEYS),),
    "pause": (("The object", PAUSE_KEYS),),
    "resume": (("The object", PAUSE_KEYS),),
    "status": (("The object; a dot is an object in it", STATUS_KEYS),),
    "stuck list": (("Of each task", STUCK_KEYS),),
    "stuck recover": (
        ("Of each task", RECOVERY_KEYS),
        ("At the end", keys.SUMMARY_KEYS),
        ("With --dry-run", STUCK_KEYS),
    ),
    "task": (("Of a task", STORY_KEYS), ("With --tenant, of each task", SUMMARY_KEYS)),
    "workers": (("Of each worker", WORKER_KEYS),),
}

INTRODUCTION = """\
# The commands

Made from the commands themselves by `make reference`; a test holds it current.

Every command that prints records takes `--json`: JSON Lines on standard output, one object a line
with the keys below, and nothing else there. Whatever is for people beside the data (questions,
progress, summaries) goes to standard error. Keys are added, never renamed or removed.

| exit code | |
| --- | --- |
| 0 | done |
| 1 | some failed, or it was refused; the last line says why |
| 2 | wrong usage |
| 3 | no connection, or no JetStream |
| 130 | cancelled: Ctrl-C, SIGTERM, a lost terminal, or a question answered with no |

`check` and `doctor` have their own, below. The first Ctrl-C stops where it is safe, the second one
at once; either way nothing is lost or doubled. SIGTERM and a terminal that is lost stop as Ctrl-C
does; what `nohup` started goes on without one. Commands that change something ask first; `--yes`
does not ask, `--dry-run` only shows. `dlq replay`, `purge`, `edit`, `undo` and `import` first
finish what a killed one had begun, and say so; so does the console when it opens.
`farutech-console completion` prints a script for bash, zsh and fish.
"""


def reference() -> str:
    """Return the whole reference as Markdown."""
    return "\n".join([INTRODUCTION, *_settings(), *_filter(), *_commands(console, "")]) + "\n"


def _settings() -> Iterator[str]:
    yield "## Settings\n"
    yield "Flags of every command that connects, before or after its name. First wins: flag,"
    yield "environment, `.env`, the nats CLI's context, default.\n"
    yield from _table(
        ("flag", "variable", "meaning"),
        (
            (f"`--{name.replace('_', '-')}`", f"`{env_name(field)}`", field.description or "")
            for name, field in ConsoleSettings.model_fields.items()
        ),
    )


def _filter() -> Iterator[str]:
    yield "## FILTER\n"
    yield "The commands on dead letters take the same filter as the console: keys with values, and"
    yield "words that are looked for everywhere. All must hold; `or` between two lets either do, a"
    yield "`!` before one turns it around, parentheses group. `:` compares, with `*` for anything,"
    yield "`:~` looks for a part, commas give several values, `..` a range.\n"
    yield from _table(
        ("key", "meaning", "example"),
        ((f"`{key.name}`", key.help, f"`{key.example}`") for key in FILTER_KEYS.values()),
    )


def _commands(group: click.Group, prefix: str) -> Iterator[str]:
    context = click.Context(group, info_name="farutech-console")
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        path = f"{prefix}{name}"
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} ")
        else:
            yield from _command(command, path)


def _command(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(command, info_name=f"farutech-console {path}")
    yield f"## {path}\n"
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"`farutech-console {path} {usage}`\n"
    yield from _help(command)
    flags = [
        record
        for param in command.get_params(context)
        if isinstance(param, click.Option)
        and param.name not in ConsoleSettings.model_fields
        and "--help" not in param.opts
        and (record := param.get_help_record(context)) is not None
    ]
    if flags:
        yield from _table(("flag", "meaning"), ((f"`{name}`", words) for name, words in flags))
    for title, table in RECORDS.get(path, ()):
        yield f"{title}:\n"
        column = "check" if title == "The checks" else "key"
        rows = ((f"`{key}`", meaning) for key, meaning in table.items())
        yield from _table((column, "meaning"), rows)


def _help(command: click.Command) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(command.help or "")):
        lines = paragraph.splitlines()
        if lines and lines[0].strip() == "\b":
            yield from ("```text", *lines[1:], "```", "")
        else:
            yield f"{paragraph}\n"


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{' --- |' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"
    yield ""


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


if __name__ == "__main__":
    click.echo(reference(), nl=False)
