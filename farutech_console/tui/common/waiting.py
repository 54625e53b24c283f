"""What stands on a room while there is nothing to show: what was tried, and what to do. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from farutech_console.language import tr, trn
from farutech_console.operations.units import age, duration
from farutech_console.tui.common.cells import fit
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
    where = tr(" at {server}", server=literal(link.server)) if link.server else ""
    tried = trn(
        "Tried {n} time in {age}",
        "Tried {n} times in {age}",
        link.attempts,
        age=duration(age(link.since, now)),
    )
    why = f": {literal(link.detail)}" if link.detail else ""
    if not link.attempts and link.detail in BEGINNING:
        return [line(Span("◌ " + tr("Connecting"), "strong"), f"{where}…")]
    return [
        line(Span("✖ " + tr("No NATS server answers{where}", where=where), "bad")),
        line(f"{tried}{why}"),
        (),
        line(Span(tr("What to do"), "strong")),
        *_advice(
            (tr("start it:"), "nats-server -js"),
            (tr("or name another:"), "farutech-console --server nats://HOST:4222"),
            ("", tr("(or set NATS_URL)")),
            (tr("or see it run here:"), "farutech-console demo"),
        ),
        (),
        _muted(tr("The console goes on trying and connects by itself when one comes up.")),
    ]


def _muted(text: str) -> Line:
    return line(Span(text, "muted"))


def _no_answer(live: Live, names: QueueNames) -> list[Line]:
    if not live.failure:
        asking = tr(": asking for the stream and the consumer…")
        return [line(Span("◌ " + tr("Connected"), "strong"), asking)]
    answers = tr("The server answers, but not for {stream}", stream=literal(names.stream))
    return [
        line(Span(f"▲ {answers}", "warn")),
        line(literal(live.failure)),
        (),
        line(Span(tr("What to do"), "strong")),
        *_advice(
            (tr("create what is missing:"), "farutech-worker run"),
            ("", tr("(it never changes what is there)")),
            (tr("or watch another stream:"), "farutech-console --stream NAME --prefix PREFIX"),
        ),
        (),
        _muted(tr("The console asks again every second.")),
    ]


def _advice(*steps: tuple[str, str]) -> list[Line]:
    """Return what to do and how, the commands in a column."""
    column = max(cell_len(what) for what, _ in steps) + 1
    return [line(f"  {fit(what, column)}{how}") for what, how in steps]
