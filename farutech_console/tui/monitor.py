"""Asks the server once a second and listens meanwhile; what it learns goes to the app."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.live import Live

if TYPE_CHECKING:
    from farutech_console.operations.backend import Backend
    from farutech_console.operations.model import TaskEvent
    from farutech_console.operations.trend import Trend
    from farutech_console.tui.common.eventlog import EventLog

POLL_S = 1.0
"""Seconds between the end of one poll and the next."""


class Monitor:
    """Keeps `live` true. `publish` is called with each new one, `heard` with new task events."""

    def __init__(
        self,
        backend: Backend,
        events: EventLog,
        trend: Trend,
        publish: Callable[[Live], None],
        heard: Callable[[Sequence[TaskEvent]], None],
    ) -> None:
        self.live = Live(backend.link())
        self._backend = backend
        self._events = events
        self._trend = trend
        self._publish = publish
        self._heard = heard
        self._came_up = asyncio.Event()

    async def run(self) -> None:
        """Poll for ever: a second after the last poll has ended, or once a server is there."""
        while True:
            self._came_up.clear()
            if self._backend.link().connected:
                await self._poll()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._came_up.wait(), POLL_S)

    async def _poll(self) -> None:
        try:
            status = await self._backend.status()
        except expected() as error:
            self._set(replace(self.live, link=self._backend.link(), failure=in_words(error)))
            return
        self._trend.add(status, self._backend.feed_counts())
        self._set(replace(self.live, link=self._backend.link(), status=status, failure=""))

    def listen(self) -> None:
        """Look at the connection and fetch the events heard since; never waits."""
        if events := self._backend.drain_events():
            self._events.add(events)
            self._heard(events)
        link = self._backend.link()
        if link != self.live.link:
            if link.connected and not self.live.link.connected:
                self._came_up.set()
            self._set(replace(self.live, link=link))

    def broke(self, what: str) -> None:
        """Show that a part of the console itself died."""
        self._set(replace(self.live, broken=(*self.live.broken, what)))

    def _set(self, live: Live) -> None:
        self.live = live
        self._publish(live)
