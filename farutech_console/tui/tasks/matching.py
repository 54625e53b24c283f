"""The events that are looked for, as they come. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from typing import TYPE_CHECKING

from farutech_console.operations.story.live import is_of
from farutech_console.tui.tasks.rows import cells

if TYPE_CHECKING:
    from farutech_console.operations.model import TaskEvent
    from farutech_console.operations.story.view import TaskStory
    from farutech_console.tui.common.eventlog import EventLog
    from farutech_console.tui.common.spans import Span

KEPT = 5_000
KEPT_OF_TASK = 500
AT_ONCE = 2_000
"""Events looked at in one go: the screen must go on answering."""


class Looking:
    """Looks at each event of a log once, from the oldest that is kept on."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._next = log.first

    @property
    def behind(self) -> int:
        """How many events were not looked at yet."""
        return self._log.total - self._next

    def catch_up(self) -> bool:
        """Look at what has come, at most `AT_ONCE` of it; return whether any was taken."""
        taken = False
        self._next = max(self._next, self._log.first)
        for number in range(self._next, min(self._log.total, self._next + AT_ONCE)):
            taken |= self._take(number, self._log.event(number))
            self._next = number + 1
        return taken

    def _take(self, number: int, event: TaskEvent) -> bool:
        """Keep the event where it is looked for; return whether it is."""
        raise NotImplementedError


class Matching(Looking):
    """The kept events of a log in which `text` stands: id, tenant, type, kind or detail."""

    def __init__(self, log: EventLog, text: str) -> None:
        super().__init__(log)
        self.text = text
        self._wanted = text.casefold()
        self._numbers: deque[int] = deque(maxlen=KEPT)

    def _take(self, number: int, event: TaskEvent) -> bool:
        texts = (event.task_id, event.tenant_id, event.task_type, event.kind, event.detail)
        wanted = any(self._wanted in text.casefold() for text in texts)
        if wanted:
            self._numbers.append(number)
        return wanted

    def rows(self, width: int) -> MatchingRows:
        """Return them as rows, those let go by the log left out."""
        first = self._log.first
        return MatchingRows(self._log, [n for n in self._numbers if n >= first], width)


class OfTask(Looking):
    """The events of one task; they are kept also when the log lets them go."""

    def __init__(self, log: EventLog, story: TaskStory) -> None:
        super().__init__(log)
        self.story = story
        self.heard: deque[TaskEvent] = deque(maxlen=KEPT_OF_TASK)

    def _take(self, number: int, event: TaskEvent) -> bool:
        del number
        mine = is_of(event, self.story)
        if mine:
            self.heard.append(event)
        return mine


class MatchingRows:
    """Some events of a log, each known by its number."""

    def __init__(self, log: EventLog, numbers: list[int], width: int) -> None:
        self._log, self._numbers, self._width = log, numbers, width

    def __len__(self) -> int:
        """How many there are."""
        return len(self._numbers)

    def key_at(self, index: int) -> int:
        """Return the event's number."""
        return self._numbers[index]

    def index_of(self, key: int) -> int:
        """Return where the event of this number is, or would be."""
        return bisect_left(self._numbers, key)

    def cells(self, index: int) -> tuple[Span, ...]:
        """Return the event's columns."""
        return cells(self._log.event(self._numbers[index]), self._width)
