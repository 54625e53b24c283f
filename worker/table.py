"""Tables for a terminal or a pipe: plain text, every cell literal, long ones folded."""

from __future__ import annotations

from collections.abc import Sequence

from worker.model.cells import fit, width_of
from worker.model.text import literal
from worker.model.wrapping import wrap

GAP = "  "
NARROWEST = 10


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Return rows under a head, in `width` terminal columns where that is possible at all.

    Columns are as wide as their widest cell; where that is too much the widest are folded, the
    first as the last, and rows are set apart by an empty line.
    """
    cells = [[literal(cell) for cell in row] for row in (head, *rows)]
    widths = _widths(cells, width)
    folded = ["\n".join(_folded(row, widths)) for row in cells]
    between = "\n\n" if any("\n" in row for row in folded) else "\n"
    return between.join(folded)


def _widths(cells: Sequence[Sequence[str]], width: int) -> list[int]:
    widths = [max(width_of(cell) for cell in column) for column in zip(*cells, strict=True)]
    room = width - len(GAP) * (len(widths) - 1)
    while sum(widths) > room and max(widths) > NARROWEST:
        widest = max(widths[1:], default=0)
        first = widest <= NARROWEST
        widths[0 if first else widths.index(widest, 1)] -= 1
    return widths


def _folded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    folded = [_lines(cell, at) for cell, at in zip(row, widths, strict=True)]
    height = max(map(len, folded))
    padded = [lines + [""] * (height - len(lines)) for lines in folded]
    return [
        GAP.join(fit(part, at) for part, at in zip(line, widths, strict=True)).rstrip()
        for line in zip(*padded, strict=True)
    ]


def _lines(text: str, width: int) -> list[str]:
    return [piece.rstrip() for piece in wrap(text, width)]
