"""Text that came over the wire, made fit to be shown: as it is, and without effect."""

from __future__ import annotations


def literal(text: str) -> str:
    """Return `text` with every character that is not printable as an escape sequence."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
