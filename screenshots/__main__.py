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
from farutech_console.operations.live.backend import LiveBackend
from farutech_console.tui.app import ConsoleApp
from farutech_console.tui.preferences import Preferences
from worker.model.clock import SystemClock
from worker.settings import QueueSettings

if TYPE_CHECKING:
    from textual.pilot import Pilot

HERE = Path(__file__).parent
SIZE = (160, 45)
SMALL = (80, 24)
OPERATOR = "ana@laptop"
"""Who is on record in the pictures, wherever they are taken."""
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


def then(*steps: Step) -> Step:
    """Return the steps, one after the other."""

    async def one_by_one(pilot: Pilot[Any]) -> None:
        for step in steps:
            await step(pilot)

    return one_by_one


async def small(pilot: Pilot[Any]) -> None:
    """Have a small terminal."""
    await pilot.resize_terminal(*SMALL)
    await pilot.pause(1)


SHOTS: tuple[tuple[str, Step], ...] = (
    ("overview", keys("1")),
    ("tasks", keys("2")),
    ("task-story", keys("enter", rest=2)),
    ("dead-letters", keys("escape", "3")),
    ("causes", then(keys("colon"), keys(*"causes", "enter", rest=1))),
    ("dead-letter", keys("escape", "enter")),
    ("replay-plan", keys("escape", "r")),
    ("replayed", keys("right", "enter", rest=3)),
    ("outcomes", keys("o", rest=1)),
    ("purge-plan", keys("escape", "x")),
    ("undo-plan", then(keys("right", "enter", rest=2), keys("u", rest=1))),
    ("filter", keys("escape", "slash", *"tenant:", rest=1)),
    ("edit", keys("escape", "escape", "e", rest=1)),
    ("workers", keys("escape", "4", rest=2)),
    ("pause", keys("p", rest=1)),
    ("audit", keys("escape", "5", rest=1)),
    ("commands", keys("colon")),
    ("help", keys("escape", "question_mark")),
    ("light", then(keys("escape", "colon"), keys(*"theme light", "enter"), keys("3", rest=1))),
    ("small-overview", then(keys("1", "colon"), keys(*"theme dark", "enter"), small)),
    ("small-tasks", keys("2", "end", rest=1)),
    ("small-dead-letters", keys("3", rest=1)),
    ("small-dead-letter", keys("enter", rest=1)),
    ("small-replay-plan", keys("escape", "r", rest=1)),
    ("small-workers", keys("escape", "4", rest=2)),
    ("small-audit", keys("5", rest=1)),
)


def main(folder: Path = HERE) -> None:
    """Run the demo until there is something to see, and take every picture."""
    with demo_stack(seed=7) as stack:
        asyncio.run(_take(stack.url, folder))


async def _take(url: str, folder: Path) -> None:
    settings = QueueSettings(server=url)
    connection = settings.connection("farutech-console")
    backend = LiveBackend(connection, settings.names, operator=OPERATOR)
    wanted = Preferences(environment="demo")
    clock = SystemClock()
    app = ConsoleApp(backend, clock, notice=NOTICE, preferences=lambda: wanted)
    async with app.run_test(size=SIZE) as pilot:
        async with asyncio.timeout(PATIENCE_S):
            while _letters(app) < LETTERS:
                await pilot.pause(0.2)
        for name, step in SHOTS:
            await step(pilot)
            async with asyncio.timeout(PATIENCE_S):
                while app.live is None or not app.live.is_fresh(clock.now()):
                    await pilot.pause(0.2)
            await pilot.pause()
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
