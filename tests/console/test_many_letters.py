"""More dead letters than a page: the room has them all at hand, from its index."""

from __future__ import annotations

import pytest

from farutech_console.tui.common.table import VirtualTable
from tests.console.driving import app_of, console, does_not_see, eventually, live_console, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_queue import some_events
from tests.support.nats_server import NatsServer
from tests.support.queues import letter, queue
from worker.jetstream.messages import delete_message


async def test_any_letter_is_reached_found_and_sorted(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q, live_console(nats_server) as pilot:
        kept = await q.bury_many(449)
        kept.append(await q.bury(letter(449, error="a rare one")))
        await pilot.press("3")
        await sees(pilot, "Dead letters · 450")
        await does_not_see(pilot, "more as you scroll")
        await pilot.press("G")
        await sees(pilot, "task-0 ")
        await pilot.press("g")
        await sees(pilot, "a rare one")
        await pilot.press("/", *"task:task-44*", "enter")
        await sees(pilot, "11 with task:task-44*")
        await pilot.press("escape")
        await sees(pilot, "task-438")
        await pilot.press("G")
        await sees(pilot, "task-0 ")
        assert await delete_message(q.api, q.layout.dead_letters.name, kept[0])
        await sees(pilot, "Dead letters · 449")
        await does_not_see(pilot, "task-0 ")


async def test_a_filter_that_the_index_does_not_cover_is_asked_of_the_server(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server) as q, live_console(nats_server) as pilot:
        await q.bury_many(300)
        await q.bury(letter(500, error="odd words"))
        await pilot.press("3")
        await does_not_see(pilot, "more as you scroll")
        await sees(pilot, "Dead letters · 301")
        await pilot.press("/", *"odd", "enter")
        await sees(pilot, "1 with odd")
        await pilot.press("escape")
        await does_not_see(pilot, "with odd")
        await eventually(pilot, lambda: app_of(pilot).live is not None, "it goes on")


@pytest.mark.parametrize("room", ["2", "3", "4", "5"])
async def test_a_list_that_was_empty_for_a_moment_keeps_the_keys(room: str) -> None:
    async with console(FixedBackend(events=some_events()), room=room) as pilot:
        app = pilot.app
        await eventually(pilot, lambda: isinstance(app.focused, VirtualTable), "the list has them")
        app.screen.add_class("-empty")
        await pilot.pause(0.2)
        app.screen.remove_class("-empty")
        await pilot.pause(0.2)
        assert isinstance(app.focused, VirtualTable)
