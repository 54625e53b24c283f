"""Driving a console: start it, press keys, wait for what the screen shows."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

from textual.pilot import Pilot

from farutech_console.operations.live.backend import LiveBackend
from farutech_console.operations.live.threaded import ThreadedBackend
from farutech_console.tui.app import ConsoleApp
from farutech_console.tui.common.room import Room
from farutech_console.tui.preferences import Preferences
from tests.console.fixed import FixedBackend
from tests.console.moment import StillClock
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions, Credentials

DEADLINE_S = 30.0


async def eventually(pilot: Pilot[None], holds: Callable[[], bool], what: str) -> None:
    """Let the app run until `holds`."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {DEADLINE_S:g} s: {what}\n{screen_text(pilot)}")
        await pilot.pause(0.02)


def screen_text(pilot: Pilot[None]) -> str:
    """Return what is on the screen, as text."""
    screen = pilot.app.screen
    width, _ = pilot.app.size
    lines = screen._compositor.render_strips()
    return "\n".join(strip.crop(0, width).text.rstrip() for strip in lines)


async def sees(pilot: Pilot[None], text: str) -> None:
    """Wait until the text is on the screen."""
    await eventually(pilot, lambda: text in screen_text(pilot), f"the screen shows {text!r}")


async def does_not_see(pilot: Pilot[None], text: str) -> None:
    """Wait until the text is gone from the screen."""
    await eventually(pilot, lambda: text not in screen_text(pilot), f"{text!r} is gone")


def app_of(pilot: Pilot[None]) -> ConsoleApp:
    """Return the console that the pilot drives."""
    return cast("ConsoleApp", pilot.app)


@asynccontextmanager
async def live_console(
    server: NatsServer,
    *,
    size: tuple[int, int] = (120, 40),
    read_only: bool = False,
    who: Credentials | None = None,
) -> AsyncIterator[Pilot[None]]:
    """A console on a real server, connected or not."""
    options = ConnectionOptions(
        servers=(server.url,), name="farutech-console", credentials=who or Credentials()
    )
    backend = ThreadedBackend(lambda: LiveBackend(options, NAMES, read_only=read_only))
    app = ConsoleApp(backend, SystemClock())
    async with app.run_test(size=size, notifications=True) as pilot:
        await eventually(pilot, lambda: isinstance(app.screen, Room), "a room")
        yield pilot


@asynccontextmanager
async def console(
    backend: FixedBackend,
    *,
    size: tuple[int, int] = (80, 24),
    clock: StillClock | None = None,
    notice: str = "",
    room: str = "",
    preferences: Preferences | None = None,
) -> AsyncIterator[Pilot[None]]:
    """A running console, its first data on the screen."""
    wanted = preferences or Preferences()
    app = ConsoleApp(backend, clock or StillClock(), notice=notice, preferences=lambda: wanted)
    async with app.run_test(size=size, notifications=True) as pilot:
        await eventually(
            pilot, lambda: isinstance(app.screen, Room) and app.screen.is_mounted, "a room"
        )
        if backend.link_now.connected and backend.failure is None:
            await eventually(
                pilot, lambda: app.live is not None and app.live.status is not None, "data"
            )
        await pilot.pause()
        if room:
            await pilot.press(room)
            await pilot.pause()
        yield pilot
