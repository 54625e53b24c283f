"""The line above the events: whether they are followed, and how much was heard. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.language import tr
from farutech_console.operations.units import clock_time, count
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.tasks.rows import unheard
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.model import LinkState
    from farutech_console.operations.watch.trend import Hearing
    from farutech_console.tui.tasks.matching import Matching


def mode(link: LinkState, hearing: Hearing, new: int | None) -> Line:
    """Return whether the newest event is followed, and what is not heard.

    `new` counts the events since the list is held still, None while it follows.
    """
    if not link.connected:
        lost = clock_time(link.since)
        return line(Span(tr("▲ no connection: nothing is heard since {time}", time=lost), "warn"))
    shown = Span("▼ " + tr("following"), "ok")
    if new is not None:
        shown = Span("‖ " + tr("held, {n} new: end follows", n=count(new)), "warn")
    lacks = unheard(hearing)
    return (shown, Span(f"  ▲ {lacks}", "warn")) if lacks else (shown,)


def told_of_matching(matching: Matching, shown: int) -> str:
    """Return how many events have in them what is looked for."""
    told = tr("{n} with «{text}»", n=count(shown), text=literal(matching.text, 40))
    if matching.behind:
        told += tr(", {n} not looked at yet", n=count(matching.behind))
    return told + tr("; esc shows all")
