"""The style sheet: what is parsed stays parsed, and a theme has colours of its own."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from textual.css.parse import parse

from farutech_console.tui import themes
from tests.console.driving import console, sees
from tests.console.fixed import FixedBackend

ROOM_KEYS = {"2": "Tasks", "3": "Dead letters", "4": "Workers", "5": "Audit"}


async def test_every_source_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[tuple[object, ...]] = []

    def noted(scope: str, css: str, read_from: object, **more: object) -> Iterable[object]:
        parsed.append((scope, css, read_from, more["tie_breaker"]))
        return parse(scope, css, read_from, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("textual.css.stylesheet.parse", noted)
    async with console(FixedBackend()) as pilot:
        await sees(pilot, "3 tasks stuck")
        for key, name in ROOM_KEYS.items():
            await pilot.press(key)
            await sees(pilot, name)
    assert len(parsed) > len(ROOM_KEYS)
    assert len(parsed) == len(set(parsed))


async def test_another_theme_changes_what_stands_there_and_what_comes() -> None:
    async with console(FixedBackend()) as pilot:
        await sees(pilot, "3 tasks stuck")
        dark = pilot.app.screen.styles.background
        light = themes.THEMES["light"]
        pilot.app.theme = light.name
        await pilot.pause()
        first = pilot.app.screen.styles.background
        await pilot.press("4")
        await sees(pilot, "Workers")
        assert dark.hex.lower() == str(themes.THEMES["dark"].background).lower()
        assert first.hex.lower() == str(light.background).lower()
        assert pilot.app.screen.styles.background == first
