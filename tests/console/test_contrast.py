"""What is written can be read: in both themes text stands out by 4.5 to 1 (WCAG 2.2, AA)."""

from __future__ import annotations

from itertools import product

import pytest
from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment

from farutech_console.tui import themes
from farutech_console.tui.common.frame import Frame
from tests.console.driving import console
from tests.console.scenes import SCENES

LEAST = 4.5
TONES = ("ok", "warn", "bad", "muted", "accent")
GROUNDS = ("background", "surface", "panel", "row-cursor")
NO_TEXT = " ░█▁▂▃▄▅▆▇│─╭╮╰╯"


def contrast(one: ColorTriplet, other: ColorTriplet) -> float:
    """Return the ratio of the two colours' luminances, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: ColorTriplet) -> float:
    parts = [value / 255 for value in colour]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("name", "tone"), product(themes.THEMES, (*TONES, "foreground")))
def test_each_tone_can_be_read_on_each_ground(name: str, tone: str) -> None:
    theme = themes.THEMES[name]
    colours = {**theme.variables, **{key: str(getattr(theme, key)) for key in GROUNDS[:3]}}
    colours["tone-foreground"] = str(theme.foreground)
    written = Color.parse(colours[f"tone-{tone}"]).get_truecolor()
    for ground in GROUNDS:
        beneath = Color.parse(colours[ground]).get_truecolor()
        assert contrast(written, beneath) >= LEAST, f"{tone} on {ground}"


@pytest.mark.parametrize("theme", themes.THEMES)
@pytest.mark.parametrize("name", ["plan_purge_all", "edit", "export", "pause", "audit"])
async def test_a_dialog_can_be_read_and_which_system_it_is_about(name: str, theme: str) -> None:
    scene = SCENES[name]
    async with console(scene.backend()) as pilot:
        pilot.app.theme = themes.THEMES[theme].name
        await scene.act(pilot)
        await pilot.pause()
        screen = pilot.app.screen
        lines = screen._compositor.render_strips()
        box = screen.query_one(Frame).region if screen.is_modal else screen.region
        seen = [*lines[0], *(part for line in lines[box.y : box.bottom] for part in
                             line.crop(box.x, box.right))]  # fmt: skip
        faint = [part.text for part in seen if part.text.strip(NO_TEXT) and faintness(part)]
        assert not faint


def faintness(part: Segment) -> float:
    """Return the contrast of what is written where it is too little, else 0."""
    style = part.style
    if style is None or style.color is None or style.bgcolor is None:
        return 0.0
    colours = style.color.get_truecolor(), style.bgcolor.get_truecolor()
    found = contrast(*colours)
    return found if found < LEAST else 0.0
