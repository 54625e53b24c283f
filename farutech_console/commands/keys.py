"""Keys that are typed while a command is at work. The terminal is put back whatever ends it.

Where nobody can type, in a pipe or in the background, there are none.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator

try:
    import termios
    import tty
except ImportError:  # on Windows
    HAS_KEYS = False
else:
    HAS_KEYS = True

READ_BYTES = 64


@contextlib.contextmanager
def typed(take: Callable[[str], None]) -> Iterator[bool]:
    """Have `take` told each character as it is typed, not echoed; yields whether that can be.

    Ctrl-C, Ctrl-Z and the others that are signals stay so. To be entered on the event loop.
    """
    if not HAS_KEYS or not (sys.stdin.isatty() and sys.stderr.isatty()):
        yield False
        return
    keyboard = _Keyboard(sys.stdin.fileno(), take)
    try:
        keyboard.open()
        yield True
    finally:
        keyboard.close()


class _Keyboard:
    """A terminal that gives each character at once, for as long as we are in its foreground."""

    def __init__(self, source: int, take: Callable[[str], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._source = source
        self._take = take
        self._before = termios.tcgetattr(source)
        self._is_ours = False

    def open(self) -> None:
        """Begin; what may end or stop the process puts the terminal back first."""
        for ending in _ENDINGS:
            self._loop.add_signal_handler(ending, self._end_by, ending)
        self._loop.add_signal_handler(signal.SIGTSTP, self._sleep)
        self._loop.add_signal_handler(signal.SIGCONT, self._listen)
        self._listen()

    def close(self) -> None:
        """Put all back as it was."""
        self._let_go()
        for handled in (*_ENDINGS, signal.SIGTSTP, signal.SIGCONT):
            self._loop.remove_signal_handler(handled)

    def _listen(self) -> None:
        with contextlib.suppress(OSError, termios.error):
            if not self._is_ours and self._in_foreground():
                tty.setcbreak(self._source, termios.TCSADRAIN)
                self._is_ours = True
                self._loop.add_reader(self._source, self._read)

    def _in_foreground(self) -> bool:
        """Whether the terminal may be touched: the kernel stops who does so in the background."""
        try:
            return os.tcgetpgrp(self._source) == os.getpgrp()
        except OSError:
            # It is not the terminal that controls us, so there are no jobs.
            return True

    def _let_go(self) -> None:
        if self._is_ours:
            self._is_ours = False
            self._loop.remove_reader(self._source)
            # The terminal may be gone.
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(self._source, termios.TCSADRAIN, self._before)

    def _read(self) -> None:
        try:
            data = os.read(self._source, READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._source)
        for key in data.decode(errors="ignore"):
            self._take(key)

    def _end_by(self, ending: signal.Signals) -> None:
        self._let_go()
        self._loop.remove_signal_handler(ending)
        os.kill(os.getpid(), ending)

    def _sleep(self) -> None:
        self._let_go()
        self._loop.remove_signal_handler(signal.SIGTSTP)
        os.kill(os.getpid(), signal.SIGTSTP)
        self._loop.add_signal_handler(signal.SIGTSTP, self._sleep)


_ENDINGS = (signal.SIGQUIT,) if HAS_KEYS else ()
"""What ends the process at once; the others that do ask it to stop first (session.py)."""
