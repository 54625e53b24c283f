"""What a virtual table has on the screen is what it holds, whatever happened before."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from farutech_console.tui import themes
from farutech_console.tui.common.spans import Span
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.tablerows import Column
from tests.console.driving import eventually, screen_text

COLUMNS: tuple[Column, ...] = (Column("key", 8), Column("what"))
OTHERS = (Column("key", 8), Column("n", 4, right=True), Column("what"))
SIZE = (40, 12)


@dataclass
class Keyed:
    """Rows of these keys, each with a word that may change."""

    keys: list[int] = field(default_factory=list)
    word: str = "row"

    def __len__(self) -> int:
        return len(self.keys)

    def key_at(self, index: int) -> int | None:
        return self.keys[index]

    def index_of(self, key: int) -> int:
        return next((at for at, one in enumerate(self.keys) if one >= key), len(self.keys))

    def cells(self, index: int) -> Sequence[Span]:
        key = self.keys[index]
        return Span(f"k{key}"), Span(str(index % 7)), Span(f"{self.word} {key}")


class TableApp(App[None]):
    """A table, alone."""

    CSS = ".tone--plain {}"

    def __init__(self) -> None:
        super().__init__()
        for theme in themes.THEMES.values():
            self.register_theme(theme)
        self.theme = themes.THEMES["dark"].name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.DEFAULTS)

    def compose(self) -> ComposeResult:
        yield VirtualTable(id="table")


def fresh(table: VirtualTable) -> list[str]:
    """Return the lines of the table as it would draw them with nothing kept; it keeps as it was."""
    kept = table._drawn, table._strips
    table._drawn, table._strips = {}, {}
    try:
        return [table.render_line(y).text.rstrip() for y in range(table.size.height)]
    finally:
        table._drawn, table._strips = kept


def shown(pilot: Pilot[None], table: VirtualTable) -> list[str]:
    """Return the lines of the table on the screen, without the scrollbar."""
    width = table.scrollable_content_region.width
    lines = screen_text(pilot).split("\n")
    return [line[:width].rstrip() for line in lines[: table.size.height]]


async def is_true(pilot: Pilot[None], table: VirtualTable, after: str) -> None:
    """Wait until nothing is left to draw, and compare."""
    await pilot.pause()
    await eventually(pilot, lambda: not pilot.app.screen._dirty_widgets, "all is drawn")
    await pilot.pause()
    assert shown(pilot, table) == fresh(table), after


async def test_a_table_whose_height_changed_keeps_no_line_of_rows_that_are_gone() -> None:
    async with TableApp().run_test(size=SIZE) as pilot:
        table = pilot.app.query_one(VirtualTable)
        table.show(Keyed(list(range(8))), COLUMNS)
        await is_true(pilot, table, "eight rows")
        await pilot.resize_terminal(SIZE[0], SIZE[1] - 1)
        await is_true(pilot, table, "lower")
        table.show(Keyed([3]), COLUMNS)
        await is_true(pilot, table, "one row")
        assert "row 7" not in screen_text(pilot)


@pytest.mark.parametrize("seed", range(2))
async def test_after_any_steps_each_line_is_what_the_table_holds(seed: int) -> None:
    chance = random.Random(seed)
    rows, columns, marks = Keyed(list(range(30))), COLUMNS, set[int]()
    done: list[str] = []
    async with TableApp().run_test(size=SIZE) as pilot:
        table = pilot.app.query_one(VirtualTable)
        for _ in range(30):
            step = chance.choice(
                ["lose", "lose all", "grow", "resize", "key", "mark", "word", "columns", "follow"]
            )
            done.append(step)
            if step == "lose":
                rows = Keyed([key for key in rows.keys if chance.random() < 0.5], rows.word)
            elif step == "lose all" and chance.random() < 0.3:
                rows = Keyed([], rows.word)
            elif step == "grow":
                keys = chance.sample(range(60), chance.randrange(1, 25))
                rows = Keyed(sorted({*rows.keys, *keys}), rows.word)
            elif step == "resize":
                await pilot.resize_terminal(chance.randrange(30, 50), chance.randrange(4, 20))
            elif step == "key":
                await pilot.press(chance.choice(["j", "k", "G", "g", "pagedown", "pageup", "tab"]))
            elif step == "mark":
                marks = set(chance.sample(range(60), 5))
            elif step == "word":
                rows = Keyed(rows.keys, chance.choice(["row", "line", "letter"]))
            else:
                columns = chance.choice([COLUMNS, OTHERS])
            table.show(rows, columns, marks, follow=step == "follow")
            if chance.random() < 0.6:
                await is_true(pilot, table, f"after {done}")
        await is_true(pilot, table, f"at the end of {done}")
