"""Commands that end with the process that started them, however that one ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

# Linux ends the child with the thread that started it, however that one dies. A preexec_fn would
# do the same, but warns from Python 3.12 on in a process that has threads.
_TETHER = (
    "import ctypes, os, signal, sys; "
    "ctypes.CDLL(None).prctl(1, signal.SIGKILL); "
    "os.getppid() == int(sys.argv[1]) or sys.exit(1); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)


def tethered(command: Sequence[str]) -> list[str]:
    """Return the command such that, on Linux, it ends with the thread that starts it.

    The first word of the command is a full path.
    """
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-ISc", _TETHER, str(os.getpid()), *command]
