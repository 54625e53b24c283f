"""When to call an operator who looks elsewhere: a threshold is crossed, once each time. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.language import msgn, trn
from farutech_console.operations.units import count
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.model import QueueStatus
    from farutech_console.tui.preferences import Preferences


_CALLS = {
    "dead letters": msgn("{n} dead letter", "{n} dead letters"),
    "pending": msgn("{n} task pending", "{n} tasks pending"),
    "stuck": msgn("{n} task stuck", "{n} tasks stuck"),
}


class Alarm:
    """Follows the figures and says what has crossed its threshold since the last look.

    What stays above is said once; it is said again after it was below in between.
    """

    def __init__(self, preferences: Preferences) -> None:
        self.way = preferences.call
        self._wanted = preferences
        self._ringing: frozenset[str] = frozenset()

    def heard(self, status: QueueStatus) -> str:
        """Return what to call about, empty for nothing new."""
        above = self._above(status)
        new = [text for what, text in above.items() if what not in self._ringing]
        self._ringing = frozenset(above)
        return f"{literal(status.work_queue.name, 40)}: {', '.join(new)}" if new else ""

    def _above(self, status: QueueStatus) -> dict[str, str]:
        wanted = self._wanted
        if self.way == "off":
            return {}
        dead = status.dead_letters.depth if status.dead_letters else 0
        pending = status.consumer.pending if status.consumer else 0
        figures = (
            ("dead letters", wanted.call_dead_letters, dead),
            ("pending", wanted.call_pending, pending),
            ("stuck", wanted.call_stuck, status.stuck),
        )
        return {
            what: trn(*_CALLS[what], figure, n=count(figure))
            for what, limit, figure in figures
            if 0 < limit <= figure
        }


def desktop_notification(text: str) -> str:
    """Return the control sequence by which terminals notify the desktop (OSC 9).

    Known to iTerm2, WezTerm, kitty, foot, Ghostty and Windows Terminal; others ignore it.
    """
    return f"\x1b]9;{literal(text)}\x07"
