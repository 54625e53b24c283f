"""The line at the top of every room: which queue, which server, and how old the data is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.events import Click
from textual.widget import Widget

from farutech_console.language import tr
from farutech_console.language.library import retold
from farutech_console.operations.environments import is_production
from farutech_console.operations.units import age, duration, millis
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
from worker.model.cells import ELLIPSIS, fit, width_of
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from worker.model.clock import Clock

GAP = "   "
BETWEEN = " ▸ "
LEAST_TRAIL = 14
LONGEST_BADGE = 14
SHORTEST_STEP = 8
"""Cells down to which a step of the trail is cut before the first ones are left out."""

BEGINNING = ("", "connecting")
"""What a link says of itself before the first try has failed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the operator is: the stream, what the system is called, and what is allowed there."""

    stream: str
    environment: str = ""
    read_only: bool = False

    def badges(self) -> Line:
        """Return the environment in its colour, production in one that warns, and what is refused.

        An environment that nobody named is not to be trusted to be harmless: that is said too.
        """
        name, tone = literal(self.environment, LONGEST_BADGE), self._tone()
        named = Span(f" {name or tr('no env')} ", tone)
        return (named, Span(f" {tr('read-only')} ", "accent")) if self.read_only else (named,)

    def _tone(self) -> Tone:
        if not self.environment:
            return "unset"
        return "alert" if is_production(self.environment) else "badge"


def state_of(live: Live, now: datetime) -> Line:
    """Return how true the screen is, in words: live since when, or what is in the way."""
    if broken := (*live.broken, *filter(None, (live.link.fault,))):
        return line(Span(f"✖ {literal(broken[0])}", "bad"))
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
    why = f": {literal(retold(link.detail))}" if link.detail else ""
    return line(Span(f"✖ {what} {duration(age(link.since, now))}{tries}{why}", "bad"))


def header_line(
    live: Live, now: datetime, place: Place, width: int, trail: Sequence[str] = ()
) -> Line:
    """Return the header in exactly `width` cells.

    `trail` is where the operator is, from the room to what is open in it. Where space is short the
    server goes first, then the middle of the trail; the state is cut last.
    """
    state = state_of(live, now)
    wanted = cells_of(state)
    left = [*place.badges(), Span(" "), *_where(state, place, width, trail)]
    for part in _server_parts(live):
        if cells_of([*left, Span(part)]) + len(GAP) + wanted + 2 > width:
            break
        left.append(Span(part, "muted"))
    gap = width - cells_of(left) - wanted - 1
    if gap < 1:
        tail = fit(text_of(state), width - cells_of(left) - 2)
        return (*left, Span("  "), Span(tail, state[0].tone))
    return (*left, Span(" " * gap), *state, Span(" "))


def step_at(column: int, state: Line, place: Place, width: int, trail: Sequence[str]) -> int | None:
    """Return which step of the trail stands in a column of the header, 0 for the stream."""
    start = cells_of(place.badges()) + 1
    where = _where(state, place, width, trail)
    # Where the first ones are left out, a mark stands for them: it counts as the last of those.
    first = len(trail) - len(where) // 2
    for position, span in enumerate(where):
        end = start + cells_of((span,))
        if start <= column < end:
            is_between = position % 2
            return None if is_between else first + position // 2
        start = end
    return None


def _where(state: Line, place: Place, width: int, trail: Sequence[str]) -> Line:
    """Return the trail as the header has room for it beside its state."""
    room = width - cells_of(place.badges()) - len(GAP) - 1
    return trail_line((place.stream, *trail), max(room - cells_of(state), LEAST_TRAIL))


def trail_line(steps: Sequence[str], width: int) -> Line:
    """Return where one is, in at most `width` cells.

    The longest step but the last gives way first, down to a few cells; then the first ones are left
    out. The last, where one is now, is cut only where it does not fit alone.
    """
    shown = [literal(step) for step in steps]
    while (over := _cells_of_trail(shown) - width) > 0:
        longest = max(shown[:-1], key=width_of, default="")
        if width_of(longest) <= SHORTEST_STEP:
            break
        kept = max(SHORTEST_STEP, width_of(longest) - over)
        shown[shown.index(longest)] = literal(longest, kept)
    if over > 0:
        while len(shown) > 1 and _cells_of_trail([ELLIPSIS, *shown]) > width:
            del shown[0]
        shown.insert(0, ELLIPSIS)
    shown[-1] = literal(shown[-1], max(1, width - _cells_of_trail([*shown[:-1], ""])))
    spans: list[Span] = []
    for at, step in enumerate(shown):
        spans += [Span(BETWEEN, "muted")] if at else []
        spans.append(Span(step, "strong" if at in (0, len(shown) - 1) else "plain"))
    return tuple(spans)


def _cells_of_trail(steps: Sequence[str]) -> int:
    return sum(map(width_of, steps)) + len(BETWEEN) * (len(steps) - 1)


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

    def __init__(
        self,
        place: Place,
        clock: Clock,
        notice: str,
        trail: Callable[[], Sequence[str]],
        go_to: Callable[[int], None],
    ) -> None:
        """Describe a header; `go_to` is told which step of the trail was clicked, 0 the stream."""
        super().__init__()
        self._place, self._clock, self._notice = place, clock, notice
        self._trail, self._go_to = trail, go_to
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

    def on_click(self, event: Click) -> None:
        """Go to the step of the trail that was clicked."""
        if self._live is None or event.y:
            return
        state = state_of(self._live, self._clock.now())
        step = step_at(event.x, state, self._place, self.size.width, self._trail())
        if step is not None:
            self._go_to(step)

    def _line(self) -> Line:
        if self._live is None:
            return ()
        now, width = self._clock.now(), self.size.width
        return header_line(self._live, now, self._place, width, self._trail())

    def render(self) -> Content:
        """Draw it."""
        self._shown = self._line()
        if not self._notice:
            return one_line(self._shown)
        return content([self._shown, line(Span(f" ▸ {literal(tr(self._notice))}", "warn"))])

    def get_content_height(self, *_: object) -> int:
        """One line, or two with a notice."""
        return 2 if self._notice else 1
