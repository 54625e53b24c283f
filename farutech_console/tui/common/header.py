"""The line at the top of every room: which queue, which server, and how old the data is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from farutech_console.language import tr
from farutech_console.operations.actions import is_production
from farutech_console.operations.units import age, duration, millis
from farutech_console.tui.common.cells import fit
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.spans import (
    Line,
    Span,
    Tone,
    cells_of,
    content,
    line,
    one_line,
    text_of,
)
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from worker.model.clock import Clock

GAP = "   "
LONGEST_BADGE = 14
BEGINNING = ("", "connecting")
"""What a link says of itself before the first try has failed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the operator is: the stream, what the system is called, and what is allowed there."""

    stream: str
    environment: str = ""
    read_only: bool = False

    def badge(self) -> Line:
        """Return the environment in its colour, production in one that warns."""
        if not self.environment:
            return ()
        tone: Tone = "alert" if is_production(self.environment) else "badge"
        return (Span(f" {literal(self.environment, LONGEST_BADGE)} ", tone),)


def state_of(live: Live, now: datetime) -> Line:
    """Return how true the screen is, in words: live since when, or what is in the way."""
    if live.broken:
        return line(Span(f"✖ {literal(live.broken[0])}", "bad"))
    if not live.link.connected:
        return _gone(live, now)
    old = live.age(now)
    if old is None:
        asking = tr("asking the server…")
        failed = tr("no data yet: {why}", why=literal(live.failure))
        why = failed if live.failure else asking
        return line(Span(f"◌ {why}", "warn" if live.failure else "muted"))
    if live.is_fresh(now):
        return line(Span("● ", "ok"), Span(tr("live {age} ago", age=duration(old))))
    why = literal(live.failure) if live.failure else tr("no answer")
    told = tr("data {age} old: {why}", age=duration(old), why=why)
    return line(Span(f"▲ {told}", "warn"))


def _gone(live: Live, now: datetime) -> Line:
    link = live.link
    if not link.attempts and live.status is None and link.detail in BEGINNING:
        return line(Span("◌ " + tr("connecting…"), "muted"))
    what = tr("server gone") if live.status else tr("no server")
    tries = tr(", attempt {n}", n=link.attempts) if link.attempts else ""
    why = f": {literal(link.detail)}" if link.detail else ""
    return line(Span(f"✖ {what} {duration(age(link.since, now))}{tries}{why}", "bad"))


def header_line(live: Live, now: datetime, place: Place, width: int) -> Line:
    """Return the header in exactly `width` cells; the state is what stays when space is short."""
    state = state_of(live, now)
    if place.read_only:
        state = (*state, Span("  " + tr("read-only"), "accent"))
    wanted = cells_of(state)
    left: list[Span] = [*place.badge(), Span(" " + literal(place.stream), "strong")]
    for part in _server_parts(live):
        if cells_of([*left, Span(part)]) + len(GAP) + wanted + 2 > width:
            break
        left.append(Span(part, "muted"))
    room = width - cells_of(left)
    if room < wanted + 2:
        badge = place.badge()
        name = fit(left[len(badge)].text, min(len(place.stream) + 1, width // 3))
        tail = fit(text_of(state), width - cells_of((*badge, Span(name))) - 2)
        return (*badge, Span(name, "strong"), Span("  "), Span(tail, state[0].tone))
    return (*left, Span(" " * (room - wanted - 1)), *state, Span(" "))


def _server_parts(live: Live) -> list[str]:
    if live.status is None:
        return []
    server = live.status.server
    parts = [
        f"{GAP}nats {literal(server.version)}",
        f" · rtt {millis(live.status.rtt)}",
        f" · {literal(server.name, 24)}",
    ]
    return parts + ([f" · {literal(server.cluster, 24)}"] if server.cluster else [])


class Header(Widget):
    """The header, and beneath it the notice where there is one."""

    DEFAULT_CSS = """
    Header { height: auto; background: $panel; color: $foreground; }
    """

    def __init__(self, place: Place, clock: Clock, notice: str) -> None:
        super().__init__()
        self._place, self._clock, self._notice = place, clock, notice
        self._live: Live | None = None
        self._shown: Line = ()

    def show(self, live: Live) -> None:
        """Take the newest state; repaints only where it reads differently."""
        self._live = live
        self.tick()

    def tick(self) -> None:
        """Let ages grow."""
        if self._live is not None and self._line() != self._shown:
            self.refresh()

    def _line(self) -> Line:
        if self._live is None:
            return ()
        return header_line(self._live, self._clock.now(), self._place, self.size.width)

    def render(self) -> Content:
        """Draw it."""
        self._shown = self._line()
        if not self._notice:
            return one_line(self._shown)
        return content([self._shown, line(Span(f" ▸ {literal(tr(self._notice))}", "warn"))])

    def get_content_height(self, *_: object) -> int:
        """One line, or two with a notice."""
        return 2 if self._notice else 1
