"""Take the README's pictures of the running demo: SVG and PNG of each screen.

The PNGs are drawn with Fira Code where it is installed, else with DejaVu Sans Mono.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import resvg_py

from farutech_console.demo.stack import NOTICE, demo_stack
from farutech_console.operations.live import LiveBackend
from farutech_console.tui.app import ConsoleApp
from farutech_console.tui.preferences import Preferences
from worker.model.clock import SystemClock
from worker.settings import QueueSettings

if TYPE_CHECKING:
    from textual.pilot import Pilot

HERE = Path(__file__).parent
SIZE = (160, 45)
LETTERS = 14
ZOOM = 1.0
PATIENCE_S = 120.0

Step = Callable[["Pilot[Any]"], Awaitable[None]]


def keys(*presses: str, rest: float = 0.5) -> Step:
    """Return a step that presses these keys, and waits `rest` seconds for what they bring."""

    async def press(pilot: Pilot[Any]) -> None:
        await pilot.press(*presses)
        await pilot.pause(rest)

    return press


SHOTS: tuple[tuple[str, Step], ...] = (
    ("overview", keys("1")),
    ("tasks", keys("2")),
    ("task-story", keys("enter", rest=2)),
    ("dead-letters", keys("escape", "3")),
    ("causes", keys("c", rest=1)),
    ("dead-letter", keys("escape", "enter")),
    ("replay-plan", keys("escape", "r")),
    ("replayed", keys("right", "enter", rest=3)),
    ("purge-plan", keys("x")),
    ("workers", keys("escape", "4", rest=2)),
    ("pause", keys("p", rest=1)),
    ("audit", keys("escape", "5", rest=1)),
    ("commands", keys("colon")),
    ("help", keys("escape", "question_mark")),
)


def main(folder: Path = HERE) -> None:
    """Run the demo until there is something to see, and take every picture."""
    with demo_stack(seed=7) as stack:
        asyncio.run(_take(stack.url, folder))


async def _take(url: str, folder: Path) -> None:
    settings = QueueSettings(server=url)
    backend = LiveBackend(settings.connection("farutech-console"), settings.names)
    wanted = Preferences(environment="demo")
    app = ConsoleApp(backend, SystemClock(), notice=NOTICE, preferences=lambda: wanted)
    async with app.run_test(size=SIZE) as pilot:
        async with asyncio.timeout(PATIENCE_S):
            while _letters(app) < LETTERS:
                await pilot.pause(0.2)
        for name, step in SHOTS:
            await step(pilot)
            _save(folder / name, app.export_screenshot(title="farutech-console"))
            sys.stdout.write(f"{name}\n")


def _letters(app: ConsoleApp) -> int:
    status = app.live.status if app.live else None
    return status.dead_letters.depth if status and status.dead_letters else 0


def _save(path: Path, svg: str) -> None:
    path.with_suffix(".svg").write_text(svg, encoding="utf-8")
    png = resvg_py.svg_to_bytes(svg, monospace_family="DejaVu Sans Mono", zoom=ZOOM)
    path.with_suffix(".png").write_bytes(bytes(png))


if __name__ == "__main__":
    main()
