"""Ends that come from outside: a signal, or a terminal that is gone."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable

GOING = tuple(
    number
    for name in ("SIGTERM", "SIGHUP", "SIGINT")
    if (number := getattr(signal, name, None)) is not None
)


def handle_signals(leave: Callable[[int], None]) -> None:
    """Call `leave(128 + signal)` on the running loop, so that the terminal is put back first."""
    loop = asyncio.get_running_loop()
    for number in GOING:
        try:
            loop.add_signal_handler(number, leave, 128 + number)
        except (NotImplementedError, RuntimeError, ValueError):
            # Windows has no such handlers; a thread other than the main one may not set them.
            return


def has_terminal() -> bool:
    """Return whether standard input is a terminal that still answers."""
    try:
        return os.isatty(sys.__stdin__.fileno()) if sys.__stdin__ else False
    except (OSError, ValueError):
        return False


HANGUP = 128 + getattr(signal, "SIGHUP", 1)
"""The exit code when the terminal went away."""


def forget_terminal() -> None:
    """Let what is still to be written go nowhere: to fail at that would hide the exit code."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
