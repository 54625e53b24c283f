"""Overview and tasks on a real server: stories that go on, stuck tasks, what may not be heard."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import StartNats
from tests.console.driving import does_not_see, live_console, sees
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue, task
from tests.support.stuck import client, published, stuck
from tests.support.worker_queue import publish
from tests.support.workers import worker_process
from worker.model.link import Credentials


async def test_an_open_story_goes_on_to_its_end(nats_server: NatsServer, tmp_path: Path) -> None:
    async with queue(nats_server) as q, live_console(nats_server, size=(140, 40)) as pilot:
        await sees(pilot, "● live")
        await pilot.press("2")
        await publish(q, task(1, attempt=1))
        await sees(pilot, "+ published")
        await pilot.press("enter")
        await sees(pilot, "pending, number 1 in the queue")
        flags = ("--backoff-scale", "0.05", "--sim-outage", "1")
        with worker_process(nats_server, tmp_path / "worker.log", *flags):
            await sees(pilot, "↻ retrying    attempt 1")
            await sees(pilot, "now     dead, by")


async def test_a_fleet_without_events_has_its_attempts_told_as_they_come(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server) as q, live_console(nats_server, size=(140, 40)) as pilot:
        await sees(pilot, "● live")
        await pilot.press("2")
        (sequence,) = await published(q, 1)
        await sees(pilot, "+ published")
        await pilot.press("enter")
        await sees(pilot, "now     pending")
        async with client(q) as taker:
            await taker.take(sequence)
            await taker.again(sequence, count=3)
            await sees(pilot, "↻ retrying    attempt 1")
            await sees(pilot, "↻ retrying    attempt 2")
            await sees(pilot, "now     unsettled")


async def test_stuck_tasks_are_told_listed_and_gone_once_there_are_none(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server) as q, live_console(nats_server, size=(140, 40)) as pilot:
        await stuck(q, 2)
        await sees(pilot, "2 tasks stuck")
        await pilot.press("enter")
        await sees(pilot, "2 tasks are stuck: the server told of each.")
        await q.api.request(f"STREAM.PURGE.{NAMES.stream}")
        await sees(pilot, "No task is stuck")
        await does_not_see(pilot, "✖ certain")


async def test_what_our_user_may_not_hear_is_told_in_both_rooms(start_nats: StartNats) -> None:
    denied = f'"{NAMES.tasks}", "$JS.ACK.>"'
    server = start_nats(
        config=f"""no_auth_user: ops
        authorization {{ users: [ {{ user: ops, password: p }}, {{ user: oncall, password: p,
        permissions: {{ subscribe: {{ deny: [{denied}] }} }} }} ] }}"""
    )
    who = Credentials(user="oncall", password="p")
    async with queue(server) as q, live_console(server, size=(150, 40), who=who) as pilot:
        await sees(pilot, "in           not heard")
        await sees(pilot, "our user may not listen to tasks that come in, what becomes of them")
        await publish(q, task(1, attempt=1))
        await pilot.press("2")
        await sees(pilot, "▲ not heard: tasks that come in, what becomes of them")
        await pilot.press("colon", *"task task-1", "enter")
        await sees(pilot, "pending, number 1 in the queue")
