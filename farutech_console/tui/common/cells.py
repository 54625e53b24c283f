"""Text cut to cells: wide characters count double, marks that join count nothing."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

CUT = "…"


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` in exactly `width` cells, cut with an ellipsis or padded."""
    if len(text) > 4 * width:
        # A cell takes four code points at most here, so that a megabyte costs nothing.
        text = text[: 4 * width]
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(0, width - 1)) + CUT if width else ""
    padding = " " * (width - length)
    return padding + text if right else text + padding


def wrap(text: str, width: int) -> list[str]:
    """Return `text` in pieces of at most `width` cells, broken anywhere; one piece at least."""
    if text.isascii():
        return [text[at : at + width] for at in range(0, len(text), width)] or [""]
    pieces: list[str] = []
    start = used = 0
    for at, character in enumerate(text):
        cells = cell_len(character)
        if used + cells > width and at > start:
            pieces.append(text[start:at])
            start, used = at, 0
        used += cells
    pieces.append(text[start:])
    return pieces


def wrap_words(text: str, width: int) -> list[str]:
    """Return `text` in pieces of at most `width` cells, broken between words where that can be."""
    pieces, current = [], ""
    for word in text.split(" "):
        longer = f"{current} {word}" if current else word
        if cell_len(longer) <= width:
            current = longer
            continue
        if current:
            pieces.append(current)
        *whole, current = wrap(word, width)
        pieces += whole
    return [*pieces, current]
