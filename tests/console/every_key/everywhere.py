"""What the keys do that every room has."""

from __future__ import annotations

from farutech_console.tui.keys import ROOM_NAMES
from tests.console.every_key.stage import Stage, does


@does("everywhere", *(f"room('{room}')" for room in ROOM_NAMES))
async def rooms(stage: Stage, key: str) -> None:
    room = ROOM_NAMES[int(key) - 1]
    await stage.go("tasks" if room != "tasks" else "dlq")
    await stage.press(key)
    await stage.is_in(room)


@does("everywhere", "before")
async def before(stage: Stage, key: str) -> None:
    await stage.go("tasks")
    await stage.go("dlq")
    await stage.press(key)
    await stage.is_in("tasks")


@does("everywhere", "after")
async def after(stage: Stage, key: str) -> None:
    await stage.go("tasks")
    await stage.go("dlq")
    await stage.app.action_before()
    await stage.is_in("tasks")
    await stage.press(key)
    await stage.is_in("dlq")


@does("everywhere", "command")
async def command(stage: Stage, key: str) -> None:
    await stage.press(key, *"audit", "enter")
    await stage.is_in("audit")


@does("everywhere", "screen.copy")
async def copy(stage: Stage, key: str) -> None:
    await stage.buries(1)
    await stage.press(key)
    await stage.sees("Copied: task-0")
    assert stage.app.clipboard == "task-0"


@does("everywhere", "help")
async def keys_help(stage: Stage, key: str) -> None:
    await stage.press(key)
    await stage.sees("leave; nothing on the server changes")


@does("everywhere", "command_palette")
async def palette(stage: Stage, key: str) -> None:
    await stage.press(key)
    await stage.sees("Search for commands")


@does("everywhere", "back")
async def back(stage: Stage, key: str) -> None:
    await stage.buries(1)
    await stage.press("space")
    await stage.sees("● 1 marked")
    await stage.press(key)
    await stage.misses("marked")


@does("everywhere", "quit")
async def leave(stage: Stage, key: str) -> None:
    await stage.press(key)
    await stage.until(lambda: not stage.app.is_running, "it ended")
    assert not stage.app.return_code
