"""What the keys do that move about in a list."""

from __future__ import annotations

from farutech_console.tui.common.table import VirtualTable
from tests.console.every_key.stage import Stage, does

LETTERS = 70


async def many(stage: Stage) -> None:
    if stage.app.current_mode != "dlq":
        await stage.buries(LETTERS)


def page(table: VirtualTable) -> int:
    return len(table.in_view)


@does("table", "cursor_down")
async def down(stage: Stage, key: str) -> None:
    await many(stage)
    await stage.moves("first", key, lambda _: 1)


@does("table", "cursor_up")
async def up(stage: Stage, key: str) -> None:
    await many(stage)
    await stage.moves("last", key, lambda _: LETTERS - 2)


@does("table", "first")
async def first(stage: Stage, key: str) -> None:
    await many(stage)
    await stage.moves("last", key, lambda _: 0)


@does("table", "last")
async def last(stage: Stage, key: str) -> None:
    await many(stage)
    await stage.moves("first", key, lambda _: LETTERS - 1)


@does("table", "page_down")
async def page_down(stage: Stage, key: str) -> None:
    await many(stage)
    await stage.moves("first", key, page)


@does("table", "page_up")
async def page_up(stage: Stage, key: str) -> None:
    await many(stage)
    await stage.moves("last", key, lambda table: LETTERS - 1 - page(table))
