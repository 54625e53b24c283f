"""When to call an operator who looks elsewhere: a threshold is crossed, once each time. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.operations.units import count, plural
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.model import QueueStatus
    from farutech_console.tui.preferences import Preferences


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
            ("dead letters", wanted.call_dead_letters, dead, plural(dead, "dead letter")),
            ("pending", wanted.call_pending, pending, f"{count(pending)} tasks pending"),
            ("stuck", wanted.call_stuck, status.stuck, f"{plural(status.stuck, 'task')} stuck"),
        )
        return {what: text for what, limit, figure, text in figures if 0 < limit <= figure}


def desktop_notification(text: str) -> str:
    """Return the control sequence by which terminals notify the desktop (OSC 9).

    Known to iTerm2, WezTerm, kitty, foot, Ghostty and Windows Terminal; others ignore it.
    """
    return f"\x1b]9;{literal(text)}\x07"
