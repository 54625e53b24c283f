"""Child processes that end with the one that started them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

STOP_SECONDS = 10.0

# Linux ends the child with the thread that started it, however that one dies. A preexec_fn would
# do the same, but warns from Python 3.12 on in a process that has threads.
_TETHER = (
    "import ctypes, os, signal, sys; "
    "ctypes.CDLL(None).prctl(1, signal.SIGKILL); "
    "os.getppid() == int(sys.argv[1]) or sys.exit(1); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)


def tethered(command: Sequence[str]) -> list[str]:
    """Return the command such that, on Linux, it ends with the thread that starts it."""
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-ISc", _TETHER, str(os.getpid()), *command]


@contextlib.contextmanager
def running(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the block ends, its output in `log`; its first word is a full path.

    It is asked to stop, and killed where it has not within 10 s.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            tethered(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C is the console's: it alone decides when the children end.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
