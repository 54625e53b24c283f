"""What stands on a room while there is nothing to show: what was tried, and what to do. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.operations.units import age, duration, plural
from farutech_console.tui.common.header import BEGINNING
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.spans import Line, Span, line
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from worker.model.names import QueueNames


def waiting_lines(live: Live, now: datetime, names: QueueNames) -> list[Line]:
    """Return why there is no data, what was tried, and what an operator can do about it."""
    if live.link.connected:
        return _no_answer(live, names)
    link = live.link
    where = f" at {literal(link.server)}" if link.server else ""
    tried = f"Tried {plural(link.attempts, 'time')} in {duration(age(link.since, now))}"
    why = f": {literal(link.detail)}" if link.detail else ""
    if not link.attempts and link.detail in BEGINNING:
        return [line(Span("◌ Connecting", "strong"), f"{where}…")]
    return [
        line(Span(f"✖ No NATS server answers{where}", "bad")),
        line(f"{tried}{why}"),
        (),
        line(Span("What to do", "strong")),
        line("  start it:           nats-server -js"),
        line("  or name another:    farutech-console --server nats://HOST:4222"),
        line("                      (or set NATS_URL)"),
        line("  or see it run here: farutech-console demo"),
        (),
        line(Span("The console goes on trying and connects by itself when one comes up.", "muted")),
    ]


def _no_answer(live: Live, names: QueueNames) -> list[Line]:
    if not live.failure:
        return [line(Span("◌ Connected", "strong"), ": asking for the stream and the consumer…")]
    return [
        line(Span(f"▲ The server answers, but not for {literal(names.stream)}", "warn")),
        line(literal(live.failure)),
        (),
        line(Span("What to do", "strong")),
        line("  create what is missing:  farutech-worker run    (it never changes what is there)"),
        line("  or watch another stream: set STREAM and SUBJECT_PREFIX"),
        (),
        line(Span("The console asks again every second.", "muted")),
    ]
