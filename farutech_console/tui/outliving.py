"""Writing to a terminal that may go away: what writes must live on, for all to end in order."""

from __future__ import annotations

from collections.abc import Callable
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO, cast

from textual.drivers.linux_driver import LinuxDriver

from farutech_console.tui.signals import has_terminal

if TYPE_CHECKING:
    from textual.app import App


class Outliving:
    """A stream to a terminal: once that is gone, what is written goes nowhere.

    The thread of Textual 8.2.8 that writes to it ends at the first error, and then its event loop
    waits for that thread for ever, with all that would end the console.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._gone = False

    def write(self, text: str) -> int:
        """Write to the terminal, if there is one."""
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Have it written."""
        self._try(self._stream.flush)

    def fileno(self) -> int:
        """Return the descriptor of the terminal."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Return whether there is a terminal."""
        return self._stream.isatty()

    def _try(self, write: Callable[[], object]) -> None:
        if self._gone:
            return
        try:
            write()
        except (OSError, ValueError):
            # That it is gone is seen elsewhere, and ends the console.
            self._gone = True


class OutlivingDriver(LinuxDriver):
    """Textual's own driver, which outlives the terminal: the console then ends in order."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        if self._file is not None:
            self._file = cast("TextIOWrapper", Outliving(self._file))

    def _sigcont_application(self, *_: object) -> None:
        """Go on after a stop that was ours, by SIGTSTP: only then nothing of this runs yet.

        Textual 8.2.8 begins anew at every SIGCONT, and the kernel sends one along with the SIGHUP
        of a terminal that went away: threads would be there twice, and of two only one is ended.
        """
        if self._must_signal_resume:
            super()._sigcont_application()

    def run_input_thread(self) -> None:
        """Read keys for as long as there is a terminal; that it is gone is seen elsewhere.

        A read that the end of the terminal breaks off would else end the console as if by `q`.
        """
        try:
            super().run_input_thread()
        except OSError:
            if has_terminal():
                raise
