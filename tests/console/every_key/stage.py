"""A console on a real queue, and what scenarios are written down with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from textual.pilot import Pilot

from farutech_console.tui.app import ConsoleApp
from farutech_console.tui.common.confirm import ConfirmPlan
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.keys import Where
from tests.console.driving import app_of, does_not_see, eventually, screen_text, sees
from tests.support.queues import NAMES, Queue, letter, task
from tests.support.worker_queue import publish


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
