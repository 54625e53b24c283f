"""When to call an operator who looks elsewhere: a threshold is crossed, once each time. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.language import msg, msgn, tr, trn
from farutech_console.operations.units import count
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.fleet.view import FleetView
    from farutech_console.operations.model import QueueStatus
    from farutech_console.tui.preferences import Preferences


ESCAPE = "\x1b"

_CALLS = {
    "dead letters": msgn("{n} dead letter", "{n} dead letters"),
    "pending": msgn("{n} task pending", "{n} tasks pending"),
    "stuck": msgn("{n} task stuck", "{n} tasks stuck"),
    "silent": msgn("{n} worker silent", "{n} workers silent"),
}
_WAYS = {
    "bell": msg("bell"),
    "desktop": msg("notification"),
    "both": msg("bell and notification"),
}


class Alarm:
    """Follows the figures and says what has crossed its threshold since the last look.

    What stays above is said once; it is said again after it was below in between. A figure that
    could not be read is neither.
    """

    def __init__(self, preferences: Preferences) -> None:
        self.way = preferences.call
        self._wanted = preferences
        self._ringing: frozenset[str] = frozenset()

    def heard(self, status: QueueStatus, fleet: FleetView | None = None) -> str:
        """Return what to call about, empty for nothing new."""
        if self.way == "off":
            return ""
        figures = _figures(status, fleet)
        limits = _limits(self._wanted)
        above = {what for what, figure in figures.items() if 0 < limits[what] <= figure}
        new = [
            trn(*_CALLS[what], figure, n=count(figure))
            for what, figure in figures.items()
            if what in above - self._ringing
        ]
        self._ringing = frozenset(above | (self._ringing - figures.keys()))
        return f"{literal(status.work_queue.name, 40)}: {', '.join(new)}" if new else ""

    def notification(self, text: str) -> str:
        """Return what notifies the desktop by the terminal at hand."""
        return desktop_notification(text, in_tmux=self._wanted.in_tmux)


def calls_in_words(wanted: Preferences) -> str:
    """Return how the operator is called, and from what figures on."""
    if wanted.call == "off":
        return tr("Who looks elsewhere is not called. Bell and notification are switched on by:")
    limits = [(what, limit) for what, limit in _limits(wanted).items() if limit]
    if not limits:
        return tr("Who looks elsewhere is called for nothing: every threshold is 0. They are:")
    figures = ", ".join(trn(*_CALLS[what], limit, n=count(limit)) for what, limit in limits)
    way = tr(_WAYS[wanted.call])
    return tr("Who looks elsewhere is called ({way}) from: {figures}", way=way, figures=figures)


def _limits(wanted: Preferences) -> dict[str, int]:
    return {
        "dead letters": wanted.call_dead_letters,
        "pending": wanted.call_pending,
        "stuck": wanted.call_stuck,
        "silent": wanted.call_silent,
    }


def _figures(status: QueueStatus, fleet: FleetView | None) -> dict[str, int]:
    """Return the figures that are known: those of a part that could not be asked are not."""
    figures = {}
    if "dead_letters" not in status.unread:
        figures["dead letters"] = status.dead_letters.depth if status.dead_letters else 0
    if "consumer" not in status.unread:
        figures["pending"] = status.consumer.pending if status.consumer else 0
        figures["stuck"] = status.stuck
    if fleet is not None:
        figures["silent"] = len(fleet.silent)
    return figures


def desktop_notification(text: str, *, in_tmux: bool = False) -> str:
    """Return the control sequence by which terminals notify the desktop (OSC 9).

    Known to iTerm2, WezTerm, kitty, foot, Ghostty and Windows Terminal; others ignore it. tmux
    hands it on only where it is wrapped, and `allow-passthrough` is on.
    """
    told = f"{ESCAPE}]9;{literal(text)}\x07"
    return f"{ESCAPE}Ptmux;{told.replace(ESCAPE, ESCAPE * 2)}{ESCAPE}\\" if in_tmux else told
