"""What commands print: JSON Lines for scripts on standard output, words for people."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from worker.model import wire_json
from worker.model.text import columns, literal, padded

GAP = "  "

json_flag = click.option("--json", "as_json", is_flag=True, help="JSON Lines on standard output.")


def json_line(record: Mapping[str, Any]) -> None:
    """Print one record on a line of its own."""
    click.echo(wire_json.dumps(record), nl=True)


def say(words: str) -> None:
    """Tell the person something, beside the data."""
    click.echo(words, err=True)


def is_interactive() -> bool:
    """Whether somebody sits there who can answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
    """Print rows under titles; each cell is made literal and cut to its column's width.

    A width of 0 lets the last column run on.
    """
    shown = [[_cell(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    used = [
        max(columns(title), *(columns(row[i]) for row in shown), 0)
        for i, title in enumerate(titles)
    ]
    for row in [list(titles), *shown]:
        line = GAP.join(padded(cell, width) for cell, width in zip(row, used, strict=True))
        click.echo(line.rstrip())


def _cell(text: str, width: int) -> str:
    return literal(text, width) if width else literal(text)
