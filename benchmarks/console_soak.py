"""The real console with a clock that runs faster: a day of polls in minutes.

As a program: `python -m benchmarks.console_soak SPEED FLAGS...`. Time passes `SPEED` times as fast
as it does, and the console polls as often as fits: each second of its clock, down to `LEAST_S`.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

from farutech_console import entry
from farutech_console.operations.live import task_names
from farutech_console.operations.watch import trend
from farutech_console.tui import monitor
from farutech_console.tui.common import live
from worker.model import clock

SHORTER = 10
"""What is kept up to a number is kept up to so much less, so that it is full when a day begins."""

LEAST_S = 0.02
"""Seconds between two polls, at least: the server and the screen are to have their turn."""


class FastClock:
    """The machine's clock, from now on faster."""

    speed = 1.0
    _began = time.monotonic()
    _from = datetime.now(UTC)

    def now(self) -> datetime:
        """Return the wall time that this clock shows, in UTC."""
        return self._from + timedelta(seconds=(time.monotonic() - self._began) * self.speed)

    monotonic = staticmethod(time.monotonic)


def main() -> None:
    """Run the console."""
    FastClock.speed = float(sys.argv[1])
    clock.SystemClock.now = FastClock().now  # type: ignore[method-assign, assignment] # of this process
    live.FRESH *= FastClock.speed
    task_names.KNOWN //= SHORTER
    trend.KEPT //= SHORTER
    trend.KEPT_OLDER //= SHORTER
    monitor.POLL_S = max(monitor.POLL_S / FastClock.speed, LEAST_S)
    monitor.DEEPER_S = max(monitor.DEEPER_S / FastClock.speed, 10 * LEAST_S)
    sys.argv = ["farutech-console", *sys.argv[2:]]
    entry.main()


if __name__ == "__main__":
    main()
