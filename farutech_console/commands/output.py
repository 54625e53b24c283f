"""What commands print: JSON Lines for scripts on standard output, words for people."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from worker.model import wire_json
from worker.model.cells import width_of
from worker.model.text import literal

GAP = "  "
NARROWEST = 9
"""Columns below which no column is cut."""

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

    The first ones say how wide the columns are; what is wider later on moves its own row only. On a
    terminal columns are cut, the widest first, so that rows fit in it: a last one of any width is
    not.
    """

    def __init__(self, titles: Sequence[str], widths: Sequence[int]) -> None:
        self._titles = titles
        self._widths = list(widths)
        self._used: list[int] = []

    def print(self, rows: Sequence[Sequence[str]]) -> None:
        """Print rows; each cell is made literal and cut to its column's width, 0 for any."""
        shown = self._cut(rows)
        if not self._used:
            self._used = [
                max(width_of(title), *(width_of(row[i]) for row in shown), 0)
                for i, title in enumerate(self._titles)
            ]
            if sys.stdout.isatty() and self._widths[-1]:
                self._fit(shutil.get_terminal_size().columns)
                shown = self._cut(rows)
            shown = [list(self._titles), *shown]
        lines = (
            GAP.join(
                cell + " " * (width - width_of(cell))
                for cell, width in zip(row, self._used, strict=True)
            )
            for row in shown
        )
        click.echo("\n".join(line.rstrip() for line in lines))

    def _cut(self, rows: Sequence[Sequence[str]]) -> list[list[str]]:
        return [
            [_cell(cell, width) for cell, width in zip(row, self._widths, strict=True)]
            for row in rows
        ]

    def _fit(self, room: int) -> None:
        """Make columns narrower until a row fits, as far as that makes sense."""
        room -= len(GAP) * (len(self._used) - 1)
        while sum(self._used) > room and max(self._used) > NARROWEST:
            widest = self._used.index(max(self._used))
            self._used[widest] -= 1
            self._widths[widest] = self._used[widest]


def _cell(text: str, width: int) -> str:
    return literal(text, width) if width else literal(text)
