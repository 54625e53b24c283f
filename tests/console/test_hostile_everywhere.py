"""A hostile text in every place of every screen: no widget obeys it, and none is left out."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from farutech_console.tui.audit.screen import AuditRoom
from farutech_console.tui.common.commandbar import CommandBar
from farutech_console.tui.common.confirm import ConfirmPlan
from farutech_console.tui.common.help import Help
from farutech_console.tui.common.outcomes import Outcomes
from farutech_console.tui.common.patience import Patience
from farutech_console.tui.common.pausing import AskPause
from farutech_console.tui.common.undo import ConfirmUndo, Undoing
from farutech_console.tui.dlq.causes import Causes
from farutech_console.tui.dlq.editing import ConfirmEdit, Editor
from farutech_console.tui.dlq.exporting import Export
from farutech_console.tui.dlq.noting import WriteNote
from farutech_console.tui.dlq.screen import DeadLettersRoom
from farutech_console.tui.overview.screen import OverviewRoom
from farutech_console.tui.palette import Palette
from farutech_console.tui.preferences import Preferences
from farutech_console.tui.start import Starting
from farutech_console.tui.tasks.screen import TasksRoom
from farutech_console.tui.workers.screen import WorkersRoom
from tests.console.driving import console, eventually, screen_text, sees
from tests.console.enumerated import all_widgets
from tests.console.hostile_world import hostile_world
from tests.console.test_hostile import TEXTS, assert_clean
from worker.model.text import literal

MARK = "¶"
"""Begins every hostile text, so that it can be told whether a screen shows one."""

TOGETHER = {
    "markup": ("closing tag", "unknown tag", "link", "variable", "percent"),
    "control": ("ansi", "c1", "nul", "newlines", "bidi"),
    "glyphs": ("emoji", "zalgo", "wide"),
    "long": ("long",),
    "long wide": ("long wide",),
    "surrogate": ("surrogate",),
}
"""A tour takes long, so texts that fail in the same way go together."""

SHOW_NOTHING_THAT_WAS_SENT: frozenset[type[Widget]] = frozenset(
    {Starting, Undoing, Patience, Palette}
)
LONGEST = 1 << 14
"""A megabyte in every place at once is more than a message holds; `test_hostile` has one of it."""
LONGEST_TYPED = 1000


class Tour:
    """Goes from screen to screen, and remembers the widgets that were seen on them."""

    def __init__(self, pilot: Pilot[None], text: str) -> None:
        self._pilot, self._text = pilot, text
        self._shown = literal(text, 5).removesuffix("…")
        self.seen: set[type[Widget]] = set()

    @property
    def is_text(self) -> bool:
        """Whether it can be in a message at all: half a surrogate pair makes it unreadable."""
        return not any(0xD800 <= ord(character) < 0xE000 for character in self._text)

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def looks(self, screen: type[Screen[Any]], *, holds_it: bool = True) -> None:
        """Wait until the screen is there and shows the text as it stands; look at all on it."""
        app = self._pilot.app
        await eventually(self._pilot, lambda: type(app.screen) is screen, screen.__name__)
        if holds_it:
            await sees(self._pilot, self._shown)
        await self._pilot.pause(0.1)
        assert_clean(screen_text(self._pilot))
        here = app.screen.walk_children(Widget, with_self=True)
        self.seen |= {type(each) for each in here if each.region}

    async def types(self) -> None:
        """Write the text into the field that has the focus."""
        field = self._pilot.app.focused
        assert isinstance(field, Input)
        field.value = self._text[:LONGEST_TYPED]
        await self._pilot.pause()

    async def edits(self) -> None:
        """Change the task in the editor, so that it is another."""
        area = self._pilot.app.screen.query_one(TextArea)
        area.text = '{"task_id": "other", "tenant_id": "t", "task_type": "update"}'
        await self._pilot.pause(0.3)

    async def sees(self, text: str) -> None:
        await sees(self._pilot, text)


async def through_the_rooms(tour: Tour) -> None:
    await tour.looks(OverviewRoom)
    await tour.press("2")
    await tour.looks(TasksRoom)
    await tour.press("slash")
    await tour.types()
    await tour.press("enter")
    await tour.looks(TasksRoom)
    await tour.press("enter")
    await tour.looks(TasksRoom)
    await tour.press("escape", "s")
    await tour.looks(TasksRoom)
    await tour.press("enter")
    await tour.looks(TasksRoom)
    await tour.press("escape", "t")
    await tour.looks(TasksRoom)
    await tour.press("escape", "escape", "4", "slash")
    await tour.types()
    await tour.press("enter")
    await tour.looks(WorkersRoom)
    await tour.press("escape")
    await tour.looks(WorkersRoom)
    await tour.press("enter")
    await tour.looks(WorkersRoom)
    await tour.press("escape", "5")
    await tour.looks(AuditRoom)
    await tour.press("enter")
    await tour.looks(AuditRoom)
    await tour.press("j")
    await tour.looks(AuditRoom)
    await tour.press("escape", "3")
    await tour.looks(DeadLettersRoom)
    await tour.press("enter")
    await tour.looks(DeadLettersRoom)


async def through_the_dialogs(tour: Tour) -> None:
    await tour.press("slash")
    await tour.types()
    await tour.looks(DeadLettersRoom)
    await tour.press("enter")
    await tour.looks(DeadLettersRoom)
    await tour.press("escape", "escape", "question_mark")
    await tour.looks(Help, holds_it=False)
    await tour.press("escape", "colon")
    await tour.types()
    await tour.press("enter")
    await tour.looks(CommandBar)
    await tour.press("escape")
    await through_the_editor(tour)
    await tour.press("w")
    await tour.looks(Export, holds_it=False)
    await tour.press("escape", "n")
    await tour.looks(WriteNote, holds_it=False)
    await tour.press("escape", "colon", *"causes", "enter")
    await tour.looks(Causes)
    await tour.press("escape", "a", "x")
    await tour.looks(ConfirmPlan)
    await tour.press("escape", "r")
    await tour.looks(ConfirmPlan)
    await tour.press("right", "enter")
    await tour.sees("2 failed")
    await tour.looks(DeadLettersRoom)
    await tour.press("o")
    await tour.looks(Outcomes)
    await tour.press("escape", "4", "p")
    await tour.looks(AskPause)
    await tour.press("escape", "5", "u")
    await tour.looks(ConfirmUndo)


async def through_the_editor(tour: Tour) -> None:
    await tour.press("e")
    if not tour.is_text:
        await tour.sees("has no task to edit")
        return
    await tour.looks(Editor, holds_it=False)
    await tour.edits()
    await tour.press("ctrl+s")
    await tour.looks(ConfirmEdit, holds_it=False)
    await tour.press("escape")
    await tour.looks(Editor, holds_it=False)
    await tour.press("escape", "escape")


def test_every_text_goes_on_a_tour() -> None:
    assert {name for names in TOGETHER.values() for name in names} == set(TEXTS)


@pytest.mark.parametrize("names", TOGETHER)
async def test_every_widget_shows_a_hostile_text_as_it_stands(names: str) -> None:
    text = MARK + " ".join(TEXTS[name] for name in TOGETHER[names])[:LONGEST]
    wanted = Preferences(environment=text[:20])
    async with console(
        hostile_world(text), size=(160, 48), notice=text, preferences=wanted
    ) as pilot:
        tour = Tour(pilot, text)
        await through_the_rooms(tour)
        await through_the_dialogs(tour)
    elsewhere = SHOW_NOTHING_THAT_WAS_SENT | (
        frozenset() if tour.is_text else {Editor, ConfirmEdit}
    )
    missing = all_widgets() - tour.seen - elsewhere
    assert not missing, "the tour above leads past these: lead it to them"
