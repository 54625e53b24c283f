"""The connection as an operator should see it: up or down, since when, and why."""

from __future__ import annotations

from dataclasses import replace

from farutech_console.language import tr
from farutech_console.operations.model import LinkState
from worker.model.clock import Clock
from worker.model.heard import HeardKind
from worker.model.link import LinkChange


class Link:
    """Follows the changes of a connection, and of those that come after it was given up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._given_up = 0
        self.state = LinkState(connected=False, since=clock.now(), detail="connecting")

    def on_change(self, change: LinkChange) -> None:
        """Take one change of the connection."""
        if change.event in ("connected", "reconnected"):
            server = change.detail or self.state.server
            self._given_up = 0
            # Subscriptions are made anew, and refused, before we are told of the connection.
            deaf = self.state.deaf
            # Where the connection is new, so is what goes along with it.
            fault = self.state.fault if change.event == "reconnected" else ""
            self.state = LinkState(True, self._clock.now(), server, deaf=deaf, fault=fault)
        elif change.event in ("disconnected", "closed"):
            self._down("connection lost" if change.event == "disconnected" else "closed")
        elif not self.state.connected:
            self._tried(change)

    def _tried(self, change: LinkChange) -> None:
        detail = change.detail if change.event == "error" else self.state.detail
        server = change.detail if change.event == "trying" else ""
        self.state = replace(
            self.state,
            detail=detail or self.state.detail,
            attempts=self._given_up + change.attempt,
            server=server or self.state.server,
            refused=change.refused or (self.state.refused and change.event == "trying"),
        )

    def failed(self, why: str, *, refused: bool = False) -> None:
        """The connection was given up; another may be tried."""
        self._down(why)
        self._given_up = max(self.state.attempts, self._given_up + 1)
        self.state = replace(self.state, attempts=self._given_up, refused=refused)

    def died(self, what: str, error: BaseException) -> None:
        """A part of ours died by a fault; what is left goes on."""
        told = tr("{what} died ({error}): restart", what=what, error=type(error).__name__)
        self.state = replace(self.state, fault=told)

    def deaf_to(self, kind: HeardKind) -> None:
        """The server does not let us hear these."""
        self.state = replace(self.state, deaf=self.state.deaf | {kind})

    def _down(self, detail: str) -> None:
        if self.state.connected:
            self.state = LinkState(
                connected=False,
                since=self._clock.now(),
                server=self.state.server,
                detail=detail,
                fault=self.state.fault,
            )
        elif detail != "closed":
            self.state = replace(self.state, detail=detail)
