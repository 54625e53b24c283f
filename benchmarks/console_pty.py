"""The real program in a pty: keys go in, bytes come out, and both are timed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

READ_BYTES = 1 << 18
PATIENCE_S = 120.0
NOT_KEPT = frozenset({"COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE"})
"""What no operator sets: without compiled modules a start takes twice as long."""


class ScreenError(AssertionError):
    """The program did not show what was awaited."""


class Screen:
    """What a program writes to its terminal, as bytes: no emulator, which would cost a core."""

    def __init__(self, fd: int, process: subprocess.Popen[bytes], began: float) -> None:
        self.process, self.began = process, began
        self._fd = fd
        self.written = bytearray()

    @property
    def pid(self) -> int:
        """The program's process."""
        return self.process.pid

    def read(self, seconds: float) -> bool:
        """Take in what comes within `seconds`, returning at its first bytes."""
        if not select.select([self._fd], [], [], max(seconds, 0.0))[0]:
            return False
        try:
            self.written += os.read(self._fd, READ_BYTES)
        except OSError as error:
            raise ScreenError(f"the program ended: {bytes(self.written[-4000:])!r}") from error
        return True

    def send(self, keys: str) -> int:
        """Type; return where in what is written the answer begins."""
        while self.read(0):
            pass
        here = len(self.written)
        os.write(self._fd, keys.encode())
        return here

    def wait_for(self, *texts: str, since: int = 0, patience: float = PATIENCE_S) -> float:
        """Return the moment at which one of the texts had been written after `since`."""
        wanted = [text.encode() for text in texts]
        deadline = time.monotonic() + patience
        longest = max(map(len, wanted))
        looked = since
        while time.monotonic() < deadline:
            if any(self.written.find(text, max(since, looked - longest)) >= 0 for text in wanted):
                return time.monotonic()
            looked = len(self.written)
            self.read(0.5)
        tail = bytes(self.written[-1500:])
        raise ScreenError(f"not within {patience:g} s: {texts}; it ended with {tail!r}")

    def answer_time(self, keys: str, *texts: str) -> float:
        """Type, and return the seconds until one of the texts is written."""
        since = self.send(keys)
        began = time.monotonic()
        return self.wait_for(*texts, since=since) - began

    def rest(self, seconds: float) -> None:
        """Read on for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.read(left)

    def until(self, holds: Callable[[], bool], what: str, patience: float = PATIENCE_S) -> None:
        """Read on until it holds."""
        deadline = time.monotonic() + patience
        while not holds():
            if time.monotonic() > deadline:
                raise ScreenError(f"not within {patience:g} s: {what}")
            self.read(0.05)


@contextlib.contextmanager
def console(
    flags: Sequence[str], columns: int = 160, rows: int = 45, *, program: str = "farutech_console"
) -> Iterator[Screen]:
    """Run the console in a terminal of this size; it is killed at the end if it still runs.

    `program` is the module that is run.
    """
    fd, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    keep = {name: value for name, value in os.environ.items() if name not in NOT_KEPT}
    command = [sys.executable, "-m", program, *flags]
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,
        env={**keep, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
    )
    os.close(child)
    try:
        yield Screen(fd, process, began)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(fd)


def cpu_seconds(pid: int) -> float:
    """Return the processor seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def share_of_core(screen: Screen, seconds: float) -> float:
    """Return how much of one core the program uses over so many seconds, 1.0 for all of it."""
    before, began = cpu_seconds(screen.pid), time.monotonic()
    screen.rest(seconds)
    return (cpu_seconds(screen.pid) - before) / (time.monotonic() - began)
