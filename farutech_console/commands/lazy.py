"""Groups of commands that are imported when they are called: none pays for another's start."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib import import_module

import click


def lazy_group(places: Mapping[str, tuple[str, str]]) -> type[click.Group]:
    """Return a group of commands, each by the module and the name it has there."""

    class LazyGroup(click.Group):
        def list_commands(self, ctx: click.Context) -> list[str]:
            del ctx
            return sorted(places)

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            del ctx
            if cmd_name not in places:
                return None
            module, name = places[cmd_name]
            command = getattr(import_module(module), name)
            assert isinstance(command, click.Command)
            shorten_help(command)
            return command

    return LazyGroup


def shorten_help(command: click.Command) -> None:
    """Have a command's help tell of its own flags, and only name the settings of all commands."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            shorten_help(each)
    else:
        command.format_options = partial(_format_options, command)  # type: ignore[method-assign] # of this one


def _format_options(
    command: click.Command, context: click.Context, formatter: click.HelpFormatter
) -> None:
    from farutech_console.settings import ConsoleSettings

    own: list[tuple[str, str]] = []
    settings: list[str] = []
    for param in command.get_params(context):
        record = param.get_help_record(context)
        if record is not None and param.name in ConsoleSettings.model_fields:
            settings.append(param.opts[0])
        elif record is not None:
            own.append(record)
    with formatter.section("Options"):
        formatter.write_dl(own)
    if settings:
        with formatter.section("Settings, explained by farutech-console -h"):
            formatter.write_text(" ".join(settings))
