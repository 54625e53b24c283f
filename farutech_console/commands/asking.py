"""Flags and questions of the commands that change something."""

from __future__ import annotations

import asyncio

import click

from farutech_console.commands import output

yes_flag = click.option("--yes", is_flag=True, help="Do not ask.")
why_flag = click.option("--why", default="", help="The reason, kept in the audit.")


async def confirmed(question: str) -> bool:
    """Ask, in a thread: the connection must go on answering the server's pings meanwhile."""
    if await asyncio.to_thread(click.confirm, question, default=False, err=True):
        return True
    output.say("Nothing was changed.")
    return False
