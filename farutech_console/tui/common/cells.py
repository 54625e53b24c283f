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
