"""One line at the foot of a terminal, written over again and again; nothing where there is none."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator

_ERASE = "\r\x1b[K"


def clear_foot() -> None:
    """Take away whatever line stands at the foot of the terminal, for who did not draw it."""
    if sys.stderr.isatty():
        sys.stderr.write(_ERASE)
        sys.stderr.flush()


class FootLine:
    """The line on standard error."""

    def __init__(self) -> None:
        self.on_terminal = sys.stderr.isatty()
        self._shown = ""

    @property
    def width(self) -> int:
        """The columns that it has: in the last one it would wrap."""
        return shutil.get_terminal_size().columns - 1

    def draw(self, words: str) -> None:
        """Show these words, which are at most `width` columns wide, in place of the last ones."""
        if self.on_terminal:
            sys.stderr.write(_ERASE + words)
            sys.stderr.flush()
            self._shown = words

    def clear(self) -> None:
        """Take the line away, so that something can be printed."""
        if self._shown:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
            self._shown = ""

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Let something be printed above the line, which stands there again afterwards."""
        words = self._shown
        self.clear()
        yield
        if words:
            self.draw(words)
