"""What the keys of the workers do."""

from __future__ import annotations

from tests.console.every_key.stage import Stage, does
from tests.support.queues import NAMES, Queue
from tests.support.waiting import eventually as comes_true
from tests.support.workers import Calls, working


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
