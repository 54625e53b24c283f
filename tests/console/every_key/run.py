"""What the keys do while a run is under way, and after it."""

from __future__ import annotations

from farutech_console.tui.app import ConsoleApp
from tests.console.every_key.stage import Stage, does


async def runs(stage: Stage) -> None:
    """A run is under way: its first letter went, and no worker says how that ended."""
    await stage.buries(3)
    await stage.press("a", "R")
    await stage.confirms()
    await stage.sees("1/3")


@does("run", "hold_run")
async def hold_run(stage: Stage, key: str) -> None:
    await runs(stage)
    await stage.press(key)
    await stage.sees("held: P goes on")
    await stage.press(key)
    await stage.misses("held: P goes on")


@does("run", "change_pace(2)", "change_pace(0.5)")
async def change_pace(stage: Stage, key: str) -> None:
    if stage.app.current_mode != "dlq":
        await runs(stage)
    stage.app.take_rate("10/s")
    await stage.sees("at 10/s")
    await stage.press(key)
    await stage.sees("at 5/s" if key == "minus" else "at 20/s")


@does("run", "stop_run")
async def stop_run(stage: Stage, key: str) -> None:
    await runs(stage)
    await stage.press(key)
    await stage.until(lambda: has_ended(stage.app), "it ended")
    assert await stage.lies_there() == 2


def has_ended(app: ConsoleApp) -> bool:
    return app.run_progress is not None and app.run_progress.ended


@does("run", "outcomes")
async def outcomes(stage: Stage, key: str) -> None:
    await stage.buries(1)
    await stage.press("r")
    await stage.confirms()
    await stage.sees("● 1 replayed")
    await stage.press(key)
    await stage.sees("what became of each letter")
