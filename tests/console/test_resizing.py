"""A terminal may change its size at any time: nothing is lost by it, and all can be reached."""

from __future__ import annotations

import pytest
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Input, TextArea
from textual.widgets._toast import Toast

from farutech_console.tui.app import ConsoleApp
from farutech_console.tui.common.bars import KeyBar, RoomBar
from farutech_console.tui.common.progress import RunBar
from farutech_console.tui.common.room import Room
from tests.console.driving import app_of, console, does_not_see, eventually, screen_text, sees
from tests.console.fixed import FixedBackend
from tests.console.scene_acts import nine
from tests.console.scenes import SCENES, SHOWS, Scene

LARGE, SMALL, TINY = (160, 48), (80, 24), (60, 10)
TYPED = {"edit": "edit_wrong", "pause": "pause_typed", "plan_replay": "plan_purge_all"}
"""Scenes of the same dialogs with something typed, or a field to type in."""
DIALOGS = sorted(
    TYPED.get(scene, scene) for screen, scene in SHOWS.items() if not issubclass(screen, Room)
)


async def at(pilot: Pilot[None], size: tuple[int, int]) -> None:
    """Give the terminal this size."""
    await pilot.resize_terminal(*size)
    await eventually(pilot, lambda: pilot.app.screen.size == size, f"it is {size}")
    await pilot.pause()


async def played(pilot: Pilot[None], scene: Scene) -> None:
    await scene.act(pilot)
    await pilot.pause()


def state_of(screen: Screen[object]) -> tuple[object, ...]:
    """Return what the operator would miss: the dialog, what has the focus, what was typed."""
    fields = [(field.id, field.value) for field in screen.query(Input)]
    areas = [area.text for area in screen.query(TextArea)]
    return type(screen), screen.focused, fields, areas


def part_seen(app: ConsoleApp, widget: Widget) -> Region:
    """Return where the widget is seen on the terminal."""
    region, clip = app.screen._compositor.visible_widgets.get(widget, (Region(), Region()))
    return region.intersection(clip).intersection(Region(0, 0, *app.size))


async def shows(pilot: Pilot[None], widget: Widget) -> None:
    """Wait until it is seen: a button or a field whole, of another one something."""

    def is_seen() -> bool:
        seen = part_seen(app_of(pilot), widget)
        return seen == widget.region if isinstance(widget, Button | Input) else bool(seen)

    await eventually(pilot, is_seen, f"{widget} is seen at {pilot.app.size}")


@pytest.mark.parametrize("name", DIALOGS)
async def test_a_dialog_keeps_focus_and_text_and_all_of_it_can_be_reached(name: str) -> None:
    scene = SCENES[name]
    async with console(scene.backend(), size=LARGE) as pilot:
        await played(pilot, scene)
        app = app_of(pilot)
        before = state_of(app.screen)
        for size in (SMALL, TINY, LARGE):
            await at(pilot, size)
            assert state_of(app.screen) == before
            focused = app.screen.focused
            assert focused is not None
            await shows(pilot, focused)
            for widget in app.screen.focus_chain:
                app.screen.set_focus(widget)
                await shows(pilot, widget)
            app.screen.set_focus(focused)


async def test_what_a_small_terminal_has_no_room_for_is_a_page_away() -> None:
    scene = SCENES["plan_undo"]
    async with console(scene.backend(), size=TINY) as pilot:
        await played(pilot, scene)
        await sees(pilot, "Cancel")
        assert "purged" not in screen_text(pilot)
        await pilot.press("pageup", "pageup")
        await sees(pilot, "purged")
        await pilot.press("pagedown", "pagedown")
        await sees(pilot, "Cancel")


async def test_the_ids_of_outcomes_are_as_long_as_there_is_room() -> None:
    scene = SCENES["outcomes"]
    async with console(scene.backend(), size=LARGE) as pilot:
        await played(pilot, scene)
        whole = "7bea0a77-2dc6-4b53-bdfb-000000090406"
        await sees(pilot, whole)
        await at(pilot, SMALL)
        await eventually(pilot, lambda: whole not in screen_text(pilot), "the ids are short")
        await at(pilot, LARGE)
        await sees(pilot, whole)


async def test_dead_letters_beneath_a_dialog_have_the_columns_that_fit() -> None:
    async with console(FixedBackend(), size=(130, 40), room="3") as pilot:
        await sees(pilot, "tenant         type")
        await pilot.press("n")
        await sees(pilot, "Everybody sees it")
        await at(pilot, SMALL)
        await does_not_see(pilot, "tenant         type")


async def test_what_is_notified_covers_neither_the_run_nor_the_keys() -> None:
    async with console(nine(), size=SMALL) as pilot:
        await played(pilot, SCENES["replayed"])
        pilot.app.notify("one")
        pilot.app.notify("two")
        await eventually(pilot, lambda: len(pilot.app.screen.query(Toast)) > 1, "both are there")
        await sees(pilot, "two")
        for kind in (RunBar, KeyBar, RoomBar):
            bar = pilot.app.screen.query_one(kind)
            assert not any(toast.region.overlaps(bar.region) for toast in toasts(pilot))


async def test_what_is_notified_covers_no_button() -> None:
    scene = SCENES["plan_purge_all"]
    async with console(scene.backend(), size=SMALL) as pilot:
        await played(pilot, scene)
        pilot.app.notify("a first")
        pilot.app.notify("a second: the errors of a server are often as long as this one")
        await sees(pilot, "a second:")
        buttons = pilot.app.screen.query(Button)
        assert not any(
            toast.region.overlaps(one.region) for toast in toasts(pilot) for one in buttons
        )


def toasts(pilot: Pilot[None]) -> list[Toast]:
    found = list(pilot.app.screen.query(Toast))
    assert found
    return found
