"""Asks the server once a second and listens meanwhile; what it learns goes to the app."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from farutech_console.language import tr
from farutech_console.tui.common.failures import expected, in_words, kind_of
from farutech_console.tui.common.live import Live

if TYPE_CHECKING:
    from farutech_console.operations.backend import Backend
    from farutech_console.operations.causes.causes import CauseGroup
    from farutech_console.operations.model import TaskEvent
    from farutech_console.operations.watch.trend import Trend
    from farutech_console.tui.common.eventlog import EventLog

POLL_S = 1.0
"""Seconds between the end of one poll and the next."""

DEEPER_S = 10.0
"""Seconds between looks at the workers and at the causes."""

NEWEST = 500
"""Dead letters, the newest, whose causes are counted."""


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
                async with asyncio.timeout(POLL_S):
                    await self._came_up.wait()

    async def _poll(self) -> None:
        try:
            status = await self._backend.status()
        except expected() as error:
            why, kind = in_words(error), kind_of(error)
            link = self._backend.link()
            self._set(replace(self.live, link=link, failure=why, trouble=kind))
            return
        self._trend.add(status, self._backend.feed_counts())
        link = self._backend.link()
        self._set(replace(self.live, link=link, status=status, failure="", trouble=""))

    async def look_deeper(self) -> None:
        """Look for ever, now and then, at what takes longer: the workers, what letters died of."""
        seen: object = None
        while True:
            again_soon = True
            if self._backend.link().connected and self.live.status is not None:
                letters = self.live.status.dead_letters
                # Who may not do the one may do the other. The rooms of both meet the same and tell
                # it; what was seen has its own age.
                try:
                    fleet = await self._backend.fleet()
                    self._set(replace(self.live, fleet=fleet))
                    again_soon = fleet.missing
                except expected():
                    pass
                try:
                    if letters != seen:
                        self._set(replace(self.live, causes=await self._causes()))
                        seen = letters
                except expected():
                    again_soon, seen = True, None
            await asyncio.sleep(POLL_S if again_soon else DEEPER_S)

    async def _causes(self) -> tuple[CauseGroup, ...]:
        from farutech_console.operations.letters.selection import Selection

        return (await self._backend.groups(Selection(limit=NEWEST))).groups

    async def finish_interrupted(self) -> tuple[str, ...]:
        """Finish what earlier runs left; return it in words."""
        if self._backend.read_only:
            return ()
        try:
            return tuple((await self._backend.finish_interrupted()).told())
        except expected() as error:
            why = in_words(error)
            return (tr("What an earlier run left could not be finished: {why}.", why=why),)

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
