"""What the keys of an open letter do."""

from __future__ import annotations

from farutech_console.tui.dlq.letterview import LetterView
from tests.console.every_key.stage import Stage, does


async def opened(stage: Stage) -> LetterView:
    if stage.app.current_mode != "dlq":
        await stage.buries(1)
        await stage.press("enter")
    await stage.sees("environment")
    await stage.sees("payload")
    view = stage.app.screen.query_one(LetterView)
    await stage.until(lambda: view.has_focus, "the letter has the focus")
    return view


@does("letter", "fold")
async def fold(stage: Stage, key: str) -> None:
    view = await opened(stage)
    await view.run_action("first")
    while view.under_cursor is None or view.under_cursor.opens != "payload":
        await view.run_action("cursor_down")
    await stage.press(key)
    await stage.misses("environment")
    await stage.press(key)
    await stage.sees("environment")


@does("letter", "fold_all")
async def fold_all(stage: Stage, key: str) -> None:
    await opened(stage)
    await stage.press(key)
    await stage.misses("environment")
    await stage.press(key)
    await stage.sees("environment")
