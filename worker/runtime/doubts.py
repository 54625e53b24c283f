"""Tasks that failed while it is not known yet whether their type is out, or just they."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Doubt(NamedTuple, Generic[T]):
    """A task that failed at one moment and waits until another at most, in monotonic seconds."""

    item: T
    failed_at: float
    until: float


class Doubts(Generic[T]):
    """The tasks in doubt, by type, oldest first."""

    def __init__(self) -> None:
        self._of: dict[str, list[Doubt[T]]] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(map(len, self._of.values())) if self._of else 0

    @property
    def first_end(self) -> float | None:
        """When the first has waited long enough, None where there is none."""
        return min((doubt.until for doubts in self._of.values() for doubt in doubts), default=None)

    def add(self, task_type: str, doubt: Doubt[T]) -> None:
        """Keep one."""
        self._of.setdefault(task_type, []).append(doubt)

    def take(self, task_type: str) -> list[T]:
        """Let go of all of a type: it is known what ails it."""
        return [doubt.item for doubt in self._of.pop(task_type, ())]

    def take_cleared(self, task_type: str, began: float) -> list[T]:
        """Let go of those that failed before `began`, when one began that succeeded."""
        if task_type not in self._of:
            return []
        return self._take_where(task_type, lambda doubt: doubt.failed_at <= began)

    def take_over(self, now: float, still_ours: Callable[[T], bool]) -> list[T]:
        """Let go of those that have waited long enough, or whose delivery is lost."""

        def is_over(doubt: Doubt[T]) -> bool:
            return now >= doubt.until or not still_ours(doubt.item)

        return [item for name in tuple(self._of) for item in self._take_where(name, is_over)]

    def drain(self) -> list[T]:
        """Let go of all."""
        return [item for name in tuple(self._of) for item in self.take(name)]

    def _take_where(self, task_type: str, goes: Callable[[Doubt[T]], bool]) -> list[T]:
        stay: list[Doubt[T]] = []
        gone: list[T] = []
        for doubt in self._of.pop(task_type):
            if goes(doubt):
                gone.append(doubt.item)
            else:
                stay.append(doubt)
        if stay:
            self._of[task_type] = stay
        return gone
