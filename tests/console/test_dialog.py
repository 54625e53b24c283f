"""What all dialogs have in common."""

from __future__ import annotations

from tests.console.driving import console, screen_text, sees
from tests.console.fixed import FixedBackend


async def test_the_room_stands_behind_a_dialog_whatever_it_was_laid_out_for() -> None:
    async with console(FixedBackend(), size=(160, 48), room="3") as pilot:
        await sees(pilot, "90298")
        await pilot.press("w")
        await sees(pilot, "Export dead letters")
        dialog = pilot.app.screen
        for _ in range(2):
            dialog.refresh()
            # What a layout asks, between two paintings.
            dialog._render()
            assert "90298" in screen_text(pilot)
