"""Leaving: the first signal asks the worker to finish, the second ends it at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
SIGNALS = (signal.SIGTERM, signal.SIGINT)
SIGNALLED = 128
"""Added to the signal's number where a second one ended the process, as shells do."""


class StoppedError(Exception):
    """The shutdown was asked for before what was awaited came."""


class Shutdown:
    """Turns SIGTERM and SIGINT into an event."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """`tell` is given the name of the first signal."""
        self.requested = asyncio.Event()
        self._tell = tell

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Listen to the signals until the block ends."""
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in SIGNALS}

        def handle(number: int, _frame: FrameType | None = None) -> None:
            loop.call_soon_threadsafe(self._on_signal, number)

        for number in SIGNALS:
            try:
                loop.add_signal_handler(number, self._on_signal, number)
            except NotImplementedError:  # Windows
                signal.signal(number, handle)
        try:
            yield
        finally:
            for number, handler in before.items():
                try:
                    loop.remove_signal_handler(number)
                except NotImplementedError:
                    signal.signal(number, handler)

    async def unless_requested(self, wanted: Awaitable[T]) -> T:
        """Return what is awaited.

        Raises:
            StoppedError: the shutdown came first; what was awaited is cancelled.
        """
        work = asyncio.ensure_future(wanted)
        stop = asyncio.ensure_future(self.requested.wait())
        try:
            await asyncio.wait((work, stop), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
            if not work.done():
                work.cancel()
        if work.cancelled() or not work.done():
            await asyncio.wait((work,))
            raise StoppedError
        return work.result()

    def _on_signal(self, number: int) -> None:
        if self.requested.is_set():
            os._exit(SIGNALLED + number)
        self._tell(signal.Signals(number).name)
        self.requested.set()
