"""How far a reading of letters is, how fast it goes, and what is left. Pure: time is handed in."""

from __future__ import annotations

from farutech_console.operations.letters.selection import ScanProgress
from worker.model.clock import Clock


class HowFar:
    """What a reading told last, and when it began; `tell` is what it calls.

    It may be told in one thread and looked at in another.
    """

    def __init__(self, clock: Clock) -> None:
        self.last: ScanProgress | None = None
        self._clock = clock
        self._began = clock.monotonic()

    def tell(self, progress: ScanProgress) -> None:
        """Take how far it is; less than before is another reading, which begins now."""
        before = self.last.scanned if self.last is not None else 0
        if not progress.scanned or progress.scanned < before:
            self._began = self._clock.monotonic()
        self.last = progress

    @property
    def rate(self) -> float:
        """Letters/s so far, 0 where nobody can tell."""
        seconds = self._clock.monotonic() - self._began
        return self.last.scanned / seconds if self.last is not None and seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds for the others at this rate, None where there are none or nobody can tell."""
        rate = self.rate
        if self.last is None or not rate or self.last.scanned >= self.last.depth:
            return None
        return (self.last.depth - self.last.scanned) / rate
