"""What the keys of the audit do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.console.every_key.stage import Stage, does


@asynccontextmanager
async def purged(stage: Stage) -> AsyncIterator[None]:
    """A purge is on record, and its line under the cursor."""
    await stage.buries(2)
    await stage.press("x")
    await stage.confirms()
    await stage.sees("● 1 purged")
    await stage.go("audit")
    await stage.until(lambda: stage.table.cursor is not None, "it is on record")
    yield


@does("audit", "open")
async def open_change(stage: Stage, key: str) -> None:
    async with purged(stage):
        await stage.press(key)
        await stage.until(lambda: stage.app.screen.has_class("-open"), "it is open")


@does("audit", "look_for")
async def find_change(stage: Stage, key: str) -> None:
    async with purged(stage):
        await stage.press(key, *"nobody-did", "enter")
        await stage.sees("Nothing here has «nobody-did» in it.")
        await stage.press(key, *["backspace"] * 10, *"purge", "enter")
        await stage.sees(" with «purge»")


@does("audit", "undo")
async def undo(stage: Stage, key: str) -> None:
    async with purged(stage):
        await stage.press(key)
        await stage.sees("under new")
        await stage.press("right", "enter")
        await stage.sees("1 restored")
    assert await stage.lies_there() == 2
