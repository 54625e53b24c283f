"""One line at the foot of a terminal that says how far a run is; nothing where there is none."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import click

from farutech_console.commands.foot_line import FootLine
from farutech_console.operations.pace.control import Progress
from farutech_console.operations.units import duration
from worker.model.cells import width_of
from worker.model.text import literal

_EVERY = 0.25
_BAR = 20


class ProgressLine:
    """The line on standard error. What is printed meanwhile goes above it."""

    def __init__(self, progress: Callable[[], Progress]) -> None:
        self._progress = progress
        self._line = FootLine()
        self.hint = ""
        """What can be done meanwhile: shown at the end of the line where there is room."""

    @contextlib.asynccontextmanager
    async def showing(self) -> AsyncIterator[None]:
        """Show the line, and keep it up to date, until the block ends."""
        if not self._line.on_terminal:
            yield
            return
        drawing = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            drawing.cancel()
            await asyncio.wait((drawing,))
            self._line.clear()

    def aside(self) -> contextlib.AbstractContextManager[None]:
        """Let something be printed above the line."""
        return self._line.aside()

    def print(self, words: str) -> None:
        """Print words on a line of their own on standard output, above this one."""
        with self.aside():
            click.echo(words)

    async def _keep(self) -> None:
        while True:
            progress = self._progress()
            if progress.total:
                self._line.draw(progress_text(progress, self._line.width, self.hint))
            await asyncio.sleep(_EVERY)


def progress_text(progress: Progress, width: int, hint: str = "") -> str:
    """Return a run in one line of at most `width` columns; the end goes where there is no room."""
    filled = _BAR * progress.done // max(progress.total, 1)
    text = f"{'█' * filled}{'░' * (_BAR - filled)}"
    for part in (*_parts(progress), *([f"({hint})"] if hint else [])):
        longer = f"{text}  {part}"
        if width_of(longer) > width:
            break
        text = longer
    return text if width_of(text) <= width else ""


def _pace(progress: Progress) -> str:
    speed = f"{progress.speed:,.0f}/s"
    return f"{speed} of {progress.rate}" if progress.rate else speed


def _parts(progress: Progress) -> list[str]:
    parts = [f"{progress.done:,}/{progress.total:,}"]
    if progress.state in ("paused", "stopping"):
        parts.append(progress.state)
    elif progress.state == "running":
        parts.append(_pace(progress))
        if progress.eta is not None:
            parts.append(f"{duration(progress.eta)} left")
    trouble = ((kind, progress.counts.get(kind, 0)) for kind in ("failed", "unknown"))
    parts += [f"{count:,} {kind}" for kind, count in trouble if count]
    if progress.came_back:
        parts.append(f"{progress.came_back:,} came back dead")
    if progress.reason is not None:
        parts.append(literal(str(progress.reason)))
    return parts
