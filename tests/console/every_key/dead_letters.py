"""What the keys of the dead letters do."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from textual.widgets import Input, TextArea

from farutech_console.tui.dlq.editing import Editor
from farutech_console.tui.dlq.exporting import Export
from tests.console.every_key.stage import Stage, does
from tests.support.queues import letter, task
from tests.support.workers import Calls, working


@does("dlq", "mark")
async def mark(stage: Stage, key: str) -> None:
    await stage.buries(3)
    await stage.press(key, key)
    await stage.sees("● 2 marked")


@does("dlq", "mark_all")
async def mark_all(stage: Stage, key: str) -> None:
    await stage.buries(3)
    await stage.press(key)
    await stage.sees("● 3 marked")
    await stage.press(key)
    await stage.misses("marked")


@does("dlq", "mark_range")
async def mark_range(stage: Stage, key: str) -> None:
    if stage.app.current_mode != "dlq":
        await stage.buries(4)
    await stage.table.run_action("first")
    await stage.press("space", "j", key)
    await stage.sees("● 3 marked")
    await stage.press("escape")
    await stage.misses("marked")


@does("dlq", "extend(1)")
async def extend_down(stage: Stage, key: str) -> None:
    await stage.buries(4)
    await stage.press(key, key)
    await stage.sees("● 3 marked")


@does("dlq", "extend(-1)")
async def extend_up(stage: Stage, key: str) -> None:
    await stage.buries(4)
    await stage.press("end", key)
    await stage.sees("● 2 marked")


@does("dlq", "open")
async def open_letter(stage: Stage, key: str) -> None:
    await stage.buries(1)
    await stage.press(key)
    await stage.until(lambda: stage.app.screen.has_class("-open"), "it is open")
    await stage.sees("worker-go-01")


@does("dlq", "filter")
async def only(stage: Stage, key: str) -> None:
    await stage.buries(4)
    await stage.press(key, *"tenant:acme-1", "enter")
    await stage.sees("1 with tenant:acme-1")


@does("dlq", "sort")
async def sort(stage: Stage, key: str) -> None:
    sequences = await stage.buries(3)
    await stage.until(lambda: stage.table.rows.key_at(0) == sequences[-1], "newest first")
    await stage.press(key)
    await stage.sees("oldest first")
    await stage.until(lambda: stage.table.rows.key_at(0) == sequences[0], "oldest first")


@does("dlq", "causes")
async def causes(stage: Stage, key: str) -> None:
    await stage.buries(3)
    await stage.press(key)
    await stage.sees("1 cause")


@does("dlq", "replay")
async def replay(stage: Stage, key: str) -> None:
    await stage.buries(2)
    await stage.press("space", key)
    await stage.sees("Replay 1 dead letter")
    await stage.confirms()
    await stage.sees("● 1 replayed")
    assert [one["task_id"] for one in await stage.q.tasks()] == ["task-1"]
    assert await stage.lies_there() == 1


@does("dlq", "canary")
async def canary(stage: Stage, key: str) -> None:
    async with working(stage.q.server, Calls()):
        await stage.buries(3)
        await stage.press("a", key)
        await stage.sees("--canary")
        await stage.confirms()
        await stage.sees("● 3 replayed")


@does("dlq", "purge")
async def purge(stage: Stage, key: str) -> None:
    await stage.buries(2)
    await stage.press("space", key)
    await stage.sees("Purge 1 dead letter")
    await stage.confirms()
    await stage.sees("● 1 purged")
    assert await stage.lies_there() == 1
    assert await stage.q.tasks() == []


@does("dlq", "edit")
async def edit(stage: Stage, key: str) -> None:
    await stage.buries(2)
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, Editor), "the editor is open")
    area = stage.app.screen.query_one(TextArea)
    area.text = area.text.replace("acme-1", "globex")
    await stage.press("ctrl+s")
    await stage.sees("acme-1")
    await stage.sees("globex")
    await stage.press("right", "enter")
    await stage.sees("edited: replayed")
    assert [one["tenant_id"] for one in await stage.q.tasks()] == ["globex"]
    assert await stage.lies_there() == 1


@does("dlq", "undo")
async def undo_purge(stage: Stage, key: str) -> None:
    await stage.buries(2)
    await stage.press("x")
    await stage.confirms()
    await stage.sees("● 1 purged")
    await stage.press(key)
    await stage.sees("under new")
    await stage.press("right", "enter")
    await stage.sees("1 restored")
    assert await stage.lies_there() == 2


@does("dlq", "export")
async def export(stage: Stage, key: str) -> None:
    await stage.buries(3)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "letters.jsonl"
        await stage.press("a", key)
        await stage.until(lambda: isinstance(stage.app.screen, Export), "it asks for a file")
        stage.app.screen.query_one("#file", Input).value = str(file)
        await stage.press("enter")
        await stage.sees("3 exported to")
        assert len(file.read_bytes().splitlines()) == 3


@does("dlq", "note")
async def note(stage: Stage, key: str) -> None:
    await stage.buries(1)
    await stage.press(key)
    await stage.sees("Note on a cause")
    await stage.press(*"known", "ctrl+s")
    await stage.sees("Noted.")
    await stage.press(key)
    await stage.sees("written 0 s ago")
    await stage.sees("known")


@does("dlq", "secrets")
async def secrets(stage: Stage, key: str) -> None:
    payload = {"password": "hunter2"}
    await stage.q.bury(letter(7, task=task(7, payload=payload)))
    await stage.go("dlq")
    await stage.sees("task-7")
    await stage.until(lambda: stage.table.has_focus, "the table has the focus")
    await stage.press("enter")
    await stage.sees("••••••")
    await stage.press(key)
    await stage.sees("hunter2")
    await stage.press(key)
    await stage.misses("hunter2")
