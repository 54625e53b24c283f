"""The connection as an operator should see it: up or down, since when, and why."""

from __future__ import annotations

from dataclasses import replace

from farutech_console.operations.model import LinkState
from worker.model.clock import Clock
from worker.model.link import LinkChange


class Link:
    """Follows the changes of a connection."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.state = LinkState(connected=False, since=clock.now(), detail="connecting")

    def on_change(self, change: LinkChange) -> None:
        """Take one change of the connection."""
        if change.event in ("connected", "reconnected"):
            server = change.detail or self.state.server
            self.state = LinkState(connected=True, since=self._clock.now(), server=server)
        elif change.event in ("disconnected", "closed"):
            self._down("connection lost" if change.event == "disconnected" else "closed")
        elif not self.state.connected:
            detail = change.detail if change.event == "error" else self.state.detail
            self.state = replace(
                self.state, detail=detail or self.state.detail, attempts=change.attempt
            )

    def failed(self, why: str) -> None:
        """The connection was given up."""
        self._down(why)

    def _down(self, detail: str) -> None:
        if self.state.connected:
            self.state = LinkState(
                connected=False, since=self._clock.now(), server=self.state.server, detail=detail
            )
        else:
            self.state = replace(self.state, detail=detail)
