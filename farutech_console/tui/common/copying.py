"""Copying to the clipboard by way of the terminal (OSC 52)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from farutech_console.language import tr
from worker.model.text import literal

if TYPE_CHECKING:
    from textual.screen import Screen


def copy(screen: Screen[Any], text: str) -> None:
    """Copy a text and say so; an empty one is said to be nothing."""
    if text:
        screen.app.copy_to_clipboard(text)
    nothing = tr("There is nothing to copy here.")
    told = tr("Copied: {text}", text=literal(text, 60)) if text else nothing
    screen.notify(told, markup=False)
