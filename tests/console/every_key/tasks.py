"""What the keys of the tasks do."""

from __future__ import annotations

from tests.console.every_key.stage import Stage, does
from tests.support.stuck import stuck


@does("tasks", "pause")
async def hold(stage: Stage, key: str) -> None:
    await stage.tells_of_tasks(2)
    await stage.sees("following")
    await stage.press(key)
    await stage.sees("held")
    await stage.press(key)
    await stage.sees("following")


@does("tasks", "follow")
async def follow(stage: Stage, key: str) -> None:
    if stage.app.current_mode != "tasks":
        await stage.tells_of_tasks(3)
    await stage.table.run_action("cursor_up")
    await stage.sees("held")
    await stage.press(key)
    await stage.sees("following")


@does("tasks", "look_for")
async def find(stage: Stage, key: str) -> None:
    await stage.tells_of_tasks(3)
    await stage.press(key, *"task-1", "enter")
    await stage.sees("1 with «task-1»")
    await stage.misses("task-2")


@does("tasks", "open")
async def story(stage: Stage, key: str) -> None:
    await stage.tells_of_tasks(1)
    await stage.press(key)
    await stage.sees("Task task-0")
    await stage.misses("Reading events")


@does("tasks", "stuck")
async def stuck_tasks(stage: Stage, key: str) -> None:
    await stuck(stage.q, 1)
    await stage.go("tasks")
    await stage.press(key)
    await stage.sees("1 task is stuck: the server told of each")
    await stage.sees("✖ certain")
    await stage.press("enter")
    await stage.sees("deliveries spent")
    await stage.press("escape", "escape")
    await stage.misses("✖ certain")


@does("tasks", "tenant")
async def tenant_tasks(stage: Stage, key: str) -> None:
    await stage.tells_of_tasks(2)
    await stage.press(key)
    await stage.sees("Tasks of acme-1")
    await stage.sees("in the queue")
    await stage.press("enter")
    await stage.sees("Task task-1")
