"""Whether the worker can take tasks, and if not, what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from worker.model.link import LinkChange

Condition = Literal["connection", "consumer", "rounds", "shutdown"]


class Readiness:
    """What must hold before tasks can come; written on the event loop, read in any thread."""

    def __init__(self) -> None:
        self._obstacles: dict[str, str] = {
            "connection": "not connected to NATS yet",
            "consumer": "not bound to the consumer yet",
        }

    def stands(self, condition: Condition, why: str) -> None:
        """Say what stands in the way."""
        self._obstacles[condition] = why

    def clear(self, condition: Condition) -> None:
        """It stands no longer."""
        self._obstacles.pop(condition, None)

    def obstacles(self) -> Mapping[str, str]:
        """Return what stands in the way, empty where nothing does."""
        return dict(self._obstacles)

    def on_link(self, change: LinkChange) -> None:
        """Follow the connection; a listener for `connect`."""
        match change.event:
            case "connected" | "reconnected":
                self.clear("connection")
            case "disconnected" | "closed":
                self.stands("connection", "the connection to NATS is lost")
            case "error" if "connection" in self._obstacles:
                self.stands("connection", f"not connected to NATS: {change.detail}")
