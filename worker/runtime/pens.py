"""Tasks that are held for a circuit breaker, by type; each type's take turns."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Pens(Generic[T]):
    """The tasks held, each type's in the order in which they came."""

    def __init__(self) -> None:
        self._of: dict[str, deque[T]] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(map(len, self._of.values())) if self._of else 0

    @property
    def task_types(self) -> tuple[str, ...]:
        """The types of which some are held."""
        return tuple(self._of)

    def count(self, task_type: str) -> int:
        """Return how many of a type there are."""
        return len(self._of.get(task_type, ()))

    def add(self, task_type: str, item: T) -> None:
        """Keep one, behind the others of its type."""
        self._of.setdefault(task_type, deque()).append(item)

    def take(self, task_type: str, count: int) -> list[T]:
        """Let go of the first of a type, `count` at most."""
        pen = self._of.get(task_type, deque())
        taken = [pen.popleft() for _ in range(min(count, len(pen)))]
        if not pen:
            self._of.pop(task_type, None)
        return taken

    def take_where(self, goes: Callable[[T], bool]) -> list[T]:
        """Let go of all for which `goes` is true."""
        gone: list[T] = []
        for task_type, pen in tuple(self._of.items()):
            gone += [item for item in pen if goes(item)]
            if stay := deque(item for item in pen if not goes(item)):
                self._of[task_type] = stay
            else:
                del self._of[task_type]
        return gone

    def drain(self) -> list[T]:
        """Let go of all."""
        held = [item for pen in self._of.values() for item in pen]
        self._of.clear()
        return held
