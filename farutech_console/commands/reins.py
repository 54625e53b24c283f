"""The reins of a run that goes on in a terminal: keys, and a signal for scripts."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

from farutech_console.commands.keys import typed
from farutech_console.operations.pace.control import Control

FASTER, SLOWER = 2.0, 0.5
"""How many times as fast a run goes at a key."""


@contextlib.contextmanager
def reins(control: Control, cancel: Callable[[], None], *, paced: bool) -> Iterator[str]:
    """Let the operator hold a run by keys; yields them in words, empty where there are none.

    `p` pauses it and lets it go on, as SIGUSR1 does, `q` cancels it; with `paced`, `+` and `-`
    change its rate.
    """

    def take(key: str) -> None:
        if key in ("+", "=") and paced:
            control.change_pace(FASTER)
        elif key in ("-", "_") and paced:
            control.change_pace(SLOWER)
        elif key in ("p", "P", " "):
            pause_or_resume()
        elif key in ("q", "Q"):
            cancel()

    def pause_or_resume() -> None:
        if control.paused:
            control.resume()
        else:
            control.pause()

    with _on_signal(pause_or_resume), typed(take) as has_keys:
        words = "+ - rate, p pause/resume, q cancel" if paced else "p pause/resume, q cancel"
        yield words if has_keys else ""


@contextlib.contextmanager
def _on_signal(pause_or_resume: Callable[[], None]) -> Iterator[None]:
    """Do so at each SIGUSR1, where there is such a thing."""
    loop = asyncio.get_running_loop()
    wanted = getattr(signal, "SIGUSR1", None)
    try:
        if wanted is not None:
            loop.add_signal_handler(wanted, pause_or_resume)
    except (NotImplementedError, RuntimeError, ValueError):
        # Outside the main thread, as in tests.
        wanted = None
    try:
        yield
    finally:
        if wanted is not None:
            loop.remove_signal_handler(wanted)
