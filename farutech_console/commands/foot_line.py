"""One line at the foot of a terminal, written over again and again; nothing where there is none."""

from __future__ import annotations

import shutil
import sys

_ERASE = "\r\x1b[K"


class FootLine:
    """The line on standard error."""

    def __init__(self) -> None:
        self.on_terminal = sys.stderr.isatty()
        self._shown = False

    @property
    def width(self) -> int:
        """The columns that it has: in the last one it would wrap."""
        return shutil.get_terminal_size().columns - 1

    def draw(self, words: str) -> None:
        """Show these words, which are at most `width` columns wide, in place of the last ones."""
        if self.on_terminal:
            sys.stderr.write(_ERASE + words)
            sys.stderr.flush()
            self._shown = True

    def clear(self) -> None:
        """Take the line away, so that something can be printed."""
        if self._shown:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
            self._shown = False
