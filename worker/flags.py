"""Command-line flags made from settings, so that no name, default or help text stands twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from worker.model.text import literal
from worker.nats_context import ContextError
from worker.setting_fields import env_name, is_file

EXIT_NO_CONNECTION = 3
"""Of every command: no server, a server that refuses us, or one without JetStream."""
CONNECT_WITHIN = 5.0
"""Seconds for a command that ends by itself to find a server."""

_ASKED = {
    "greater_than_equal": "give at least {ge:g}",
    "greater_than": "give more than {gt:g}",
    "less_than_equal": "give at most {le:g}",
    "int_parsing": "give a whole number",
    "float_parsing": "give a number",
    "bool_parsing": "give on or off",
    "literal_error": "give {expected}",
    "string_too_short": "give at least one character",
}
"""What a setting wants, by pydantic's name of what is wrong with the one that was given."""

S = TypeVar("S", bound=BaseSettings)
Command = TypeVar("Command", bound=Callable[..., Any])


def settings_flags(settings: type[BaseSettings]) -> Callable[[Command], Command]:
    """Give a command one flag for each setting; a flag that is not given stays unset."""

    def add(command: Command) -> Command:
        for name, field in reversed(settings.model_fields.items()):
            command = _flag(name, field)(command)
        return command

    return add


def load_settings(settings: type[S], given: dict[str, Any]) -> S:
    """Return the settings with the flags that were given on top of environment and files.

    Raises:
        click.UsageError: a value that the setting does not allow, named by its flag or variable,
            or a context of the nats CLI that cannot be used.
    """
    known = {k: v for k, v in given.items() if k in settings.model_fields and v is not None}
    try:
        return settings(**known)
    except ContextError as error:
        raise click.UsageError(str(error)) from error
    except ValidationError as error:
        raise click.UsageError(_in_words(settings, error)) from error


def _flag(name: str, field: FieldInfo) -> Callable[[Command], Command]:
    help_text = f"{field.description}  [env {env_name(field)}]"
    if isinstance(field.default, (int, float, str)) and field.default not in ("", False):
        help_text += f"  [default {field.default}]"
    flag = "--" + name.replace("_", "-")
    if field.annotation is bool:
        return click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=help_text)
    kinds = {int: click.INT, float: click.FLOAT}
    kind = next((k for t, k in kinds.items() if field.annotation is t), click.STRING)
    complete = offer_files if is_file(field) else None
    return click.option(
        flag, name, type=kind, default=None, help=help_text, shell_complete=complete
    )


def offer_files(
    _context: click.Context, _flag: click.Parameter, word: str
) -> list[CompletionItem[str]]:
    """Have the shell complete the name of a file."""
    return [CompletionItem(word, type="file")]


def _in_words(settings: type[BaseSettings], error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = str(first["loc"][0]) if first["loc"] else ""
    for name, field in settings.model_fields.items():
        if where in (name, env_name(field)):
            where = f"--{name.replace('_', '-')} ({env_name(field)})"
    asked = _ASKED.get(first["type"])
    if asked is None:
        said = str(first["msg"]).removeprefix("Value error, ")
    else:
        # No choice at all is the empty one, which nobody types.
        said = asked.format(**first.get("ctx", {})).replace("'', ", "")
    given = re.sub(r"//[^@,]*@", "//(hidden)@", literal(str(first["input"])))
    return f"{where}: {said}, not '{given}'"
