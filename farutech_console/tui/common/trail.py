"""Where the operator has been: back and forth, as in a browser."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST = 50


class Trail:
    """The rooms that were visited, beginning in the first of `rooms`."""

    def __init__(self, rooms: Sequence[str]) -> None:
        self.rooms = tuple(rooms)
        self._visited = [self.rooms[0]]
        self._at = 0

    def go(self, room: str) -> None:
        """Go to a room; what was ahead is forgotten."""
        del self._visited[self._at + 1 :]
        self._visited = [*self._visited, room][-LONGEST:]
        self._at = len(self._visited) - 1

    def back(self) -> str:
        """Return the room before, empty where there is none."""
        return self._step(-1)

    def forth(self) -> str:
        """Return the room after, empty where there is none."""
        return self._step(1)

    def _step(self, by: int) -> str:
        if not 0 <= self._at + by < len(self._visited):
            return ""
        self._at += by
        return self._visited[self._at]
