"""Flags and questions of the commands that change something."""

from __future__ import annotations

import asyncio

import click

from farutech_console.commands import output
from worker import asking

yes_flag = click.option("--yes", is_flag=True, help="Do not ask.")
why_flag = click.option("--why", default="", help="The reason, kept in the audit.")


async def confirmed(question: str, stop: asyncio.Event) -> bool:
    """Ask; say so where the answer leaves all as it is."""
    if await asking.confirmed(question, stop):
        return True
    output.say("Nothing was changed.")
    return False
