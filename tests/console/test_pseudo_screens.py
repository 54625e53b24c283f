"""Every room and dialog speaks the language asked for: whole screens, in one that nobody speaks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from farutech_console import language
from farutech_console.operations.model import LinkState
from farutech_console.tui import commands as tui_commands
from farutech_console.tui.dlq.filterbar import EXAMPLE
from farutech_console.tui.keys import KEYS
from tests.console.driving import console, does_not_see, eventually, screen_text, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_fleet import some_story, some_undo
from tests.console.fixed_queue import some_events
from tests.console.moment import NOW
from tests.console.pseudo import Pseudo, data_words, spoken, words

SIZE = (150, 48)
ID = some_events()[-1].task_id
COMMANDS = words(
    "farutech-console dlq stuck recover replay purge undo note pause resume audit workers status "
    "why all seq "
    "farutech-worker run handlers MODULE topology apply "
    "server token creds nkey context HOST demo js user password environment "
    "FARUTECH_ENVIRONMENT NATS_URL stream prefix"
)
"""As they are typed, in every language."""

WRITTEN = words(
    EXAMPLE, "zz zzz UTC addr jsonl", *(command.name for command in tui_commands.COMMANDS)
)
"""What is not of any language: what the test types, commands, a time zone, an extension."""

KEYBOARD = words(*(key.shown for key in KEYS))
OF_THE_FIELD = words("Stream Consumer pending floor deliver")
"""What operators call so in every language; see `language/es.py`."""


SCENES = {
    "workers": ("4",),
    "worker": ("4", "j", "enter"),
    "workers found": ("4", "slash", *"zzz", "enter"),
    "pause": ("4", "p", "tab"),
    "audit": ("5",),
    "change": ("5", "j", "enter"),
    "no way back": ("5", "u"),
    "undo": ("5", "j", "u"),
    "help": ("4", "question_mark"),
    "commands": ("4", "colon"),
    "wrong command": ("4", "colon", *"zz", "enter"),
    "overview": ("1",),
    "tasks": ("2",),
    "task": ("2", "enter"),
    "stuck tasks": ("2", "s"),
    "tasks of a tenant": ("2", "t"),
    "letters": ("3",),
    "filter": ("3", "slash"),
    "history": ("3", "j", "enter", "G"),
    "letter": ("3", "j", "enter"),
    "causes": ("3", "c"),
    "causes of all": ("3", "colon", *"causes", "enter"),
    "replay": ("3", "a", "r"),
    "note": ("3", "n"),
    "edit": ("3", "e"),
    "export": ("3", "w"),
}


@pytest.fixture(autouse=True)
def _pseudo() -> Iterator[None]:
    language.use_catalogue(Pseudo())
    yield
    language.use("en")


def _backend() -> FixedBackend:
    return FixedBackend(events=some_events(), stories={ID: some_story(ID)}, undoable=some_undo())


@pytest.mark.parametrize("scene", SCENES)
async def test_a_screen_is_spoken(scene: str) -> None:
    backend = _backend()
    data = (
        data_words(backend)
        | COMMANDS
        | WRITTEN
        | OF_THE_FIELD
        | words(*(key.shown for key in KEYS))
    )
    async with console(backend, size=SIZE) as pilot:
        for key in SCENES[scene]:
            await pilot.press(key)
            await pilot.pause(0.1)
        await pilot.pause(0.3)
        unspoken = spoken(screen_text(pilot), data)
        assert not unspoken, f"{sorted(unspoken)}\n{screen_text(pilot)}"


@pytest.mark.parametrize("room", list("12345"))
async def test_a_room_without_a_server_is_spoken(room: str) -> None:
    down = LinkState(False, NOW, "s1:4222", "77", 4)
    async with console(FixedBackend(link_now=down), size=SIZE) as pilot:
        await pilot.press(room)
        await eventually(pilot, lambda: "s1:4222" in screen_text(pilot), "it says why")
        shown = screen_text(pilot)
        known = COMMANDS | data_words(FixedBackend().names) | KEYBOARD
        unspoken = spoken(shown, known)
        assert not unspoken, f"{sorted(unspoken)}\n{shown}"


@pytest.mark.parametrize("of_what", ["commands", "themes"])
async def test_the_palette_is_spoken_also_where_it_finds_nothing(of_what: str) -> None:
    async with console(_backend(), size=SIZE) as pilot:
        if of_what == "commands":
            await pilot.press("ctrl+p")
        else:
            pilot.app.search_themes()
        field = language.tr(f"Search for {of_what}…")
        await sees(pilot, field)
        known = COMMANDS | WRITTEN | OF_THE_FIELD | KEYBOARD | data_words(_backend())
        known |= words(*pilot.app.available_themes)
        assert not spoken(screen_text(pilot), known)
        await pilot.press(*"zzz")
        await sees(pilot, language.tr("No matches found"))
        assert not spoken(screen_text(pilot), known)
        await pilot.press(*["backspace"] * 3)
        await sees(pilot, field)
        await does_not_see(pilot, language.tr("No matches found"))
