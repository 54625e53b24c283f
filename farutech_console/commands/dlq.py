"""`farutech-console dlq`: the commands on dead letters, each in a module of its own."""

from __future__ import annotations

import click

from farutech_console.commands.lazy import lazy_group

COMMANDS = {
    "note": ("farutech_console.commands.note", "note"),
    "edit": ("farutech_console.commands.edit", "edit"),
    "import": ("farutech_console.commands.transfer", "import_"),
    "export": ("farutech_console.commands.transfer", "export"),
    "groups": ("farutech_console.commands.dlq_groups", "groups"),
    "list": ("farutech_console.commands.dlq_list", "list_letters"),
    "purge": ("farutech_console.commands.dlq_change", "purge"),
    "replay": ("farutech_console.commands.dlq_change", "replay"),
    "undo": ("farutech_console.commands.undo", "undo"),
    "show": ("farutech_console.commands.dlq_show", "show"),
}


@click.group(cls=lazy_group(COMMANDS))
def dlq() -> None:
    """Look into the dead letters, send tasks back, or delete them."""
