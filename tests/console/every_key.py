"""What each key of the table does on a real server. A key without a scenario fails its test.

A scenario is a coroutine that takes the stage and the key as it is pressed, and is written down
under its place and action: `@does("dlq", "mark")`. It brings what it needs upon the stage, presses
the key, and waits for what the operator would see. Of a key with alternatives it is played once
for each, in one console.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from farutech_console.tui.app import ConsoleApp
from farutech_console.tui.common.confirm import ConfirmPlan
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.dlq.editing import Editor
from farutech_console.tui.dlq.exporting import Export
from farutech_console.tui.dlq.letterview import LetterView
from farutech_console.tui.keys import ROOM_NAMES, Where
from farutech_console.tui.overview.problems import Problems
from farutech_console.tui.overview.verdict import POINTER
from tests.console.driving import app_of, does_not_see, eventually, screen_text, sees
from tests.support.queues import NAMES, Queue, letter, task
from tests.support.stuck import stuck
from tests.support.waiting import eventually as comes_true
from tests.support.worker_queue import publish
from tests.support.workers import Calls, working


@dataclass(frozen=True)
class Stage:
    """A console on a real queue, and the queue."""

    pilot: Pilot[None]
    q: Queue

    @property
    def app(self) -> ConsoleApp:
        return app_of(self.pilot)

    @property
    def table(self) -> VirtualTable:
        return self.app.screen.query_one(VirtualTable)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def sees(self, text: str) -> None:
        await sees(self.pilot, text)

    async def misses(self, text: str) -> None:
        await does_not_see(self.pilot, text)

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        await eventually(self.pilot, holds, what)

    async def go(self, room: str) -> None:
        """Go to a room by the app's own way, so that no other key is needed for it."""
        await self.app.run_action(f"room('{room}')")
        await self.is_in(room)

    async def is_in(self, room: str) -> None:
        await self.until(lambda: self.app.current_mode == room, f"it is in {room}")

    async def buries(self, count: int, **changes: object) -> list[int]:
        """Bury letters, and wait in the room until they are seen."""
        sequences = [await self.q.bury(letter(number, **changes)) for number in range(count)]
        await self.go("dlq")
        await self.sees(f"Dead letters · {count}")
        await self.until(lambda: len(self.table.rows) == count, "all are read")
        await self.until(lambda: len(self.table.in_view) >= min(count, 2), "they are laid out")
        await self.until(lambda: self.table.has_focus, "the table has the focus")
        return sequences

    async def tells_of_tasks(self, count: int) -> None:
        """Publish tasks, and wait in the room until they are told."""
        await self.go("tasks")
        await self.until(self.listens, "it listens")
        for number in range(count):
            await publish(self.q, task(number, attempt=1))
        await self.sees(f"task-{count - 1}")
        await self.until(lambda: len(self.table.rows) >= count, "all are told")

    def listens(self) -> bool:
        return "● live" in screen_text(self.pilot)

    async def lies_there(self) -> int:
        """How many dead letters there are on the server."""
        return (await self.q.counts(self.q.layout.dead_letters.name)).get(NAMES.dlq, 0)

    async def confirms(self) -> None:
        """Say yes to the plan that is shown."""
        await self.until(lambda: isinstance(self.app.screen, ConfirmPlan), "a plan is shown")
        await self.press("right", "enter")

    async def moves(self, start: str, key: str, wanted: Callable[[VirtualTable], int]) -> None:
        """From the first or the last row the key puts the cursor on the wanted one."""
        await self.table.run_action(start)
        await self.press(key)
        table = self.table
        row = wanted(table)
        await self.until(lambda: table.cursor == table.rows.key_at(row), f"row {row}")


Scenario = Callable[[Stage, str], Awaitable[None]]
SCENARIOS: dict[tuple[Where, str], Scenario] = {}


def does(where: Where, *actions: str) -> Callable[[Scenario], Scenario]:
    """Write down that this is what the keys of these actions do there."""

    def register(scenario: Scenario) -> Scenario:
        for action in actions:
            assert (where, action) not in SCENARIOS, f"{where} {action} is told twice"
            SCENARIOS[where, action] = scenario
        return scenario

    return register


async def empties(q: Queue) -> None:
    """Leave nothing in the queue for the next scenario."""
    for stream in (q.layout.dead_letters.name, NAMES.stream):
        await q.api.request(f"STREAM.PURGE.{stream}")


# Everywhere


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


# In lists

LETTERS = 70


async def many(stage: Stage) -> None:
    if stage.app.current_mode != "dlq":
        await stage.buries(LETTERS)


def page(table: VirtualTable) -> int:
    return len(table.in_view)


@does("table", "cursor_down")
async def down(stage: Stage, key: str) -> None:
    await many(stage)
    await stage.moves("first", key, lambda _: 1)


@does("table", "cursor_up")
async def up(stage: Stage, key: str) -> None:
    await many(stage)
    await stage.moves("last", key, lambda _: LETTERS - 2)


@does("table", "first")
async def first(stage: Stage, key: str) -> None:
    await many(stage)
    await stage.moves("last", key, lambda _: 0)


@does("table", "last")
async def last(stage: Stage, key: str) -> None:
    await many(stage)
    await stage.moves("first", key, lambda _: LETTERS - 1)


@does("table", "page_down")
async def page_down(stage: Stage, key: str) -> None:
    await many(stage)
    await stage.moves("first", key, page)


@does("table", "page_up")
async def page_up(stage: Stage, key: str) -> None:
    await many(stage)
    await stage.moves("last", key, lambda table: LETTERS - 1 - page(table))


# Overview


NOBODY, LETTERS_LIE = "no worker is pulling", "dead letter"


async def troubled(stage: Stage) -> Problems:
    """There are two problems: nobody works, and letters lie there."""
    await publish(stage.q, task(1, attempt=1))
    await stage.q.bury_many(3)
    await stage.sees(NOBODY)
    await stage.sees(LETTERS_LIE)
    return stage.app.screen.query_one(Problems)


def chosen(stage: Stage) -> str:
    return next((line for line in screen_text(stage.pilot).splitlines() if POINTER in line), "")


@does("overview", "next_problem")
async def next_problem(stage: Stage, key: str) -> None:
    problems = await troubled(stage)
    problems.action_previous_problem()
    await stage.until(lambda: NOBODY in chosen(stage), "the first is chosen")
    await stage.press(key)
    await stage.until(lambda: LETTERS_LIE in chosen(stage), "the next is chosen")


@does("overview", "previous_problem")
async def previous_problem(stage: Stage, key: str) -> None:
    problems = await troubled(stage)
    problems.action_next_problem()
    await stage.until(lambda: LETTERS_LIE in chosen(stage), "the last is chosen")
    await stage.press(key)
    await stage.until(lambda: NOBODY in chosen(stage), "the one before is chosen")


@does("overview", "follow")
async def evidence(stage: Stage, key: str) -> None:
    await stage.q.bury_many(1)
    await stage.until(lambda: LETTERS_LIE in chosen(stage), "it is told")
    await stage.press(key)
    await stage.is_in("dlq")


@does("overview", "screen.span")
async def span(stage: Stage, key: str) -> None:
    await stage.press(key)
    await stage.sees("look back 15 min")


@does("overview", "screen.charts")
async def charts(stage: Stage, key: str) -> None:
    await stage.sees("ack floor")
    await stage.press(key)
    await stage.misses("ack floor")
    await stage.sees("Retries, per minute")
    await stage.press(key)
    await stage.sees("ack floor")


# Tasks


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


# Dead letters


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


# An open letter


async def opened(stage: Stage) -> LetterView:
    if stage.app.current_mode != "dlq":
        await stage.buries(1)
        await stage.press("enter")
    await stage.sees("environment")
    await stage.sees("payload")
    view = stage.app.screen.query_one(LetterView)
    await stage.until(lambda: view.has_focus, "the letter has the focus")
    return view


@does("letter", "fold")
async def fold(stage: Stage, key: str) -> None:
    view = await opened(stage)
    await view.run_action("first")
    while view.under_cursor is None or view.under_cursor.opens != "payload":
        await view.run_action("cursor_down")
    await stage.press(key)
    await stage.misses("environment")
    await stage.press(key)
    await stage.sees("environment")


@does("letter", "fold_all")
async def fold_all(stage: Stage, key: str) -> None:
    await opened(stage)
    await stage.press(key)
    await stage.misses("environment")
    await stage.press(key)
    await stage.sees("environment")


# Workers


@does("workers", "open")
async def open_worker(stage: Stage, key: str) -> None:
    async with working(stage.q.server, Calls()):
        await stage.go("workers")
        await stage.sees("worker-001")
        await stage.press(key)
        await stage.until(lambda: stage.app.screen.has_class("-open"), "it is open")


@does("workers", "look_for")
async def find_worker(stage: Stage, key: str) -> None:
    async with working(stage.q.server, Calls()):
        await stage.go("workers")
        await stage.sees("worker-001")
        await stage.press(key, *"nobody", "enter")
        await stage.sees("Nothing here has «nobody» in it.")
        await stage.press(key, *["backspace"] * 6, *"worker-0", "enter")
        await stage.sees("1 with «worker-0»")


@does("workers", "pause_consumer")
async def pause(stage: Stage, key: str) -> None:
    await stage.sees("● live")
    await stage.go("workers")
    await stage.press(key)
    await stage.sees("15 min")
    await stage.press("right", "enter")
    await comes_true(lambda: is_paused(stage.q))
    await stage.until(lambda: knows_pause(stage), "it is told")
    await stage.press(key)
    await stage.sees("Resume provisioning-worker")
    await stage.press("right", "enter")
    await comes_true(lambda: is_running(stage.q))


def knows_pause(stage: Stage) -> bool:
    live = stage.app.live
    consumer = live.status.consumer if live and live.status else None
    return bool(consumer and consumer.paused)


async def is_paused(q: Queue) -> bool:
    name = f"{NAMES.stream}.{NAMES.consumer}"
    return bool((await q.api.request(f"CONSUMER.INFO.{name}")).get("paused"))


async def is_running(q: Queue) -> bool:
    return not await is_paused(q)


# Audit


@asynccontextmanager
async def purged(stage: Stage) -> AsyncIterator[None]:
    """A purge is on record, and its line under the cursor."""
    await stage.buries(2)
    await stage.press("x")
    await stage.confirms()
    await stage.sees("● 1 purged")
    await stage.go("audit")
    await stage.until(lambda: stage.table.cursor is not None, "it is on record")
    yield


@does("audit", "open")
async def open_change(stage: Stage, key: str) -> None:
    async with purged(stage):
        await stage.press(key)
        await stage.until(lambda: stage.app.screen.has_class("-open"), "it is open")


@does("audit", "look_for")
async def find_change(stage: Stage, key: str) -> None:
    async with purged(stage):
        await stage.press(key, *"nobody-did", "enter")
        await stage.sees("Nothing here has «nobody-did» in it.")
        await stage.press(key, *["backspace"] * 10, *"purge", "enter")
        await stage.sees(" with «purge»")


@does("audit", "undo")
async def undo(stage: Stage, key: str) -> None:
    async with purged(stage):
        await stage.press(key)
        await stage.sees("under new")
        await stage.press("right", "enter")
        await stage.sees("1 restored")
    assert await stage.lies_there() == 2


# A run


async def runs(stage: Stage) -> None:
    """A run is under way: its first letter went, and no worker says how that ended."""
    await stage.buries(3)
    await stage.press("a", "R")
    await stage.confirms()
    await stage.sees("1/3")


@does("run", "hold_run")
async def hold_run(stage: Stage, key: str) -> None:
    await runs(stage)
    await stage.press(key)
    await stage.sees("held: P goes on")
    await stage.press(key)
    await stage.misses("held: P goes on")


@does("run", "change_pace(2)", "change_pace(0.5)")
async def change_pace(stage: Stage, key: str) -> None:
    if stage.app.current_mode != "dlq":
        await runs(stage)
    stage.app.take_rate("10/s")
    await stage.sees("at 10/s")
    await stage.press(key)
    await stage.sees("at 5/s" if key == "minus" else "at 20/s")


@does("run", "stop_run")
async def stop_run(stage: Stage, key: str) -> None:
    await runs(stage)
    await stage.press(key)
    await stage.until(lambda: has_ended(stage.app), "it ended")
    assert await stage.lies_there() == 2


def has_ended(app: ConsoleApp) -> bool:
    return app.run_progress is not None and app.run_progress.ended


@does("run", "outcomes")
async def outcomes(stage: Stage, key: str) -> None:
    await stage.buries(1)
    await stage.press("r")
    await stage.confirms()
    await stage.sees("● 1 replayed")
    await stage.press(key)
    await stage.sees("what became of each letter")
