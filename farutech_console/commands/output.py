"""What commands print: JSON Lines for scripts on standard output, words for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from worker.model import wire_json
from worker.model.text import columns, literal

GAP = "  "

json_flag = click.option("--json", "as_json", is_flag=True, help="JSON Lines on standard output.")


def json_line(record: Mapping[str, Any]) -> None:
    """Print one record on a line of its own."""
    click.echo(wire_json.dumps(record), nl=True)


def json_lines(records: Iterable[Mapping[str, Any]]) -> None:
    """Print each record on a line of its own, all at once."""
    click.echo(b"".join(wire_json.dumps(record) + b"\n" for record in records), nl=False)


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
    Table(titles, widths).print(rows)


class Table:
    """Rows under titles, printed as they come.

    The first ones say how wide the columns are; what is wider later on moves its own row only.
    """

    def __init__(self, titles: Sequence[str], widths: Sequence[int]) -> None:
        self._titles = titles
        self._widths = widths
        self._used: list[int] = []

    def print(self, rows: Sequence[Sequence[str]]) -> None:
        """Print rows; each cell is made literal and cut to its column's width, 0 for any."""
        shown = [
            [_cell(cell, width) for cell, width in zip(row, self._widths, strict=True)]
            for row in rows
        ]
        if not self._used:
            shown = [list(self._titles), *shown]
            self._used = [max(columns(row[i]) for row in shown) for i in range(len(self._titles))]
        lines = (
            GAP.join(
                cell + " " * (width - columns(cell))
                for cell, width in zip(row, self._used, strict=True)
            )
            for row in shown
        )
        click.echo("\n".join(line.rstrip() for line in lines))


def _cell(text: str, width: int) -> str:
    return literal(text, width) if width else literal(text)
