"""Groups of commands that are imported when they are called: none pays for another's start."""

from __future__ import annotations

from collections.abc import Mapping
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
            return command

    return LazyGroup
