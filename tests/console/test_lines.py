"""Lines that are given again: the screen holds what was given, and only what changed is drawn."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.strip import Strip

from farutech_console.tui import themes
from farutech_console.tui.app import ConsoleApp
from farutech_console.tui.common.lines import Lines
from farutech_console.tui.common.spans import Span, line
from tests.console.driving import eventually, screen_text


class LinesApp(App[None]):
    """Lines, alone."""

    CSS = ConsoleApp.CSS

    def __init__(self) -> None:
        super().__init__()
        for theme in themes.THEMES.values():
            self.register_theme(theme)
        self.theme = themes.THEMES["dark"].name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.DEFAULTS)

    def compose(self) -> ComposeResult:
        yield Lines()


async def test_only_lines_that_changed_are_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    draw = Lines.render_line

    def noted(lines: Lines, y: int) -> Strip:
        drawn.append(y)
        return draw(lines, y)

    async with LinesApp().run_test(size=(30, 6)) as pilot:
        lines = pilot.app.query_one(Lines)
        lines.put([line("one"), line("two"), line("three")])
        await eventually(pilot, lambda: "three" in screen_text(pilot), "they are shown")
        monkeypatch.setattr(Lines, "render_line", noted)
        lines.put([line("one"), line(Span("2", "bad")), line("three")])
        await eventually(pilot, lambda: "2" in screen_text(pilot), "the second is shown anew")
        assert drawn == [1]
        lines.put([line("one"), line(Span("2", "bad")), line("three")])
        await pilot.pause()
        assert drawn == [1]


@pytest.mark.parametrize("count", [0, 2, 9])
async def test_fewer_or_more_lines_leave_nothing_behind(count: int) -> None:
    async with LinesApp().run_test(size=(30, 6)) as pilot:
        lines = pilot.app.query_one(Lines)
        lines.put([line(f"old {number}") for number in range(5)])
        await eventually(pilot, lambda: "old 4" in screen_text(pilot), "they are shown")
        lines.put([line(f"new {number}") for number in range(count)])
        await pilot.pause()
        shown = [text for row in screen_text(pilot).splitlines() if (text := row.strip())]
        assert shown == [f"new {number}" for number in range(min(count, 6))]


async def test_a_new_theme_gives_the_lines_new_colours() -> None:
    async with LinesApp().run_test(size=(30, 6)) as pilot:
        lines = pilot.app.query_one(Lines)
        lines.put([line(Span("it is bad", "bad"))])
        await pilot.pause()
        before = lines.render_line(0)
        pilot.app.theme = themes.THEMES["light"].name
        await pilot.pause()
        after = lines.render_line(0)
    assert before.text == after.text
    assert next(iter(before)).style != next(iter(after)).style
