"""A real terminal for a program under test: a pty, read by a terminal emulator."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pyte

READ_BYTES = 65536


class TerminalError(AssertionError):
    """The screen did not come to show what was awaited; the message carries the screen."""


class Terminal:
    """A program in a terminal of `columns` by `rows`: keys go in, the screen is read."""

    def __init__(self, columns: int, rows: int) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._fd, self.child_fd = pty.openpty()
        self.raw = bytearray()
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the program is told by SIGWINCH."""
        fcntl.ioctl(self.child_fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    def send(self, keys: str) -> None:
        """Type these characters."""
        os.write(self._fd, keys.encode())

    def text(self) -> str:
        """Return what the screen shows now, a line per row."""
        self.read(0)
        return "\n".join(self._screen.display)

    def read(self, seconds: float) -> None:
        """Take in what the program writes, waiting at most `seconds` for its first byte."""
        while select.select([self._fd], [], [], seconds)[0]:
            try:
                data = os.read(self._fd, READ_BYTES)
            except OSError:  # Linux's word for a pty whose program is gone
                return
            self.raw += data
            # pyte 0.8 takes the private form of SGR, a keyboard report, for a colour.
            self._stream.feed(data.replace(b"\x1b[>", b"\x1b[?"))
            seconds = 0

    def wait_for(self, what: str | Callable[[str], bool], seconds: float = 30.0) -> str:
        """Return the screen as soon as it shows a text, or satisfies a condition.

        Raises:
            TerminalError: it did not within `seconds`.
        """
        holds = what if callable(what) else lambda screen: what in screen
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if holds(shown := self.text()):
                return shown
            self.read(0.05)
        raise TerminalError(f"waited {seconds:g} s for {what!r}, the screen is\n{self.text()}")

    def wait_for_end(self, process: subprocess.Popen[bytes], seconds: float = 30.0) -> int:
        """Return the program's exit code, reading on so that it can finish writing.

        Raises:
            TerminalError: it did not end within `seconds`.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.read(0.05)
            if process.poll() is not None:
                self.read(0)
                return process.returncode
        raise TerminalError(f"still runs after {seconds:g} s, the screen is\n{self.text()}")

    def close(self) -> None:
        """Hang up."""
        os.close(self._fd)
        os.close(self.child_fd)


def _heed_signals() -> None:
    """Obey Ctrl-C and a lost terminal, also where whoever began the tests does not (`nohup`)."""
    for one in (signal.SIGINT, signal.SIGHUP):
        signal.signal(one, signal.SIG_DFL)


@contextlib.contextmanager
def in_terminal(
    command: Sequence[str], env: Mapping[str, str], columns: int = 120, rows: int = 40
) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    """Run a program in a terminal of its own; it is killed if it outlives the block."""
    terminal = Terminal(columns, rows)
    # These two would overrule the terminal's own size.
    inherited = {name: value for name, value in env.items() if name not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        command,
        stdin=terminal.child_fd,
        stdout=terminal.child_fd,
        stderr=terminal.child_fd,
        env={**inherited, "TERM": "xterm-256color"},
        start_new_session=True,
        preexec_fn=_heed_signals,
    )
    try:
        yield terminal, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        terminal.close()
