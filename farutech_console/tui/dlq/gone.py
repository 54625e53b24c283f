"""What is said of a letter that does not lie there any more. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.language import tr
from farutech_console.operations.letters.secrets import without_secrets
from farutech_console.operations.units import age, duration
from farutech_console.tui.common.kinds import kind_span
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.dlq.parts import Part
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.steps import TaskStep

WHY = 200
"""Columns of what is told of who took it away, and why."""


def gone_lines(why: str) -> list[Line]:
    """Return what stands there when the letter cannot be shown."""
    told = tr("This letter cannot be shown: {why}", why=literal(why))
    return [line(Span(told, "warn"))]


def gone_parts(end: TaskStep | None, now: datetime) -> list[Part]:
    """Return what stands above a letter that was open when it went; `end` is how, if known."""
    told = tr("▲ gone from here: it was replayed, purged or expired meanwhile; esc closes it")
    if end is not None:
        told = tr(
            "▲ gone from here: {what} · {detail} · {age} ago; esc closes it",
            what=kind_span(end.kind if end.kind != "received" else "replayed").text,
            detail=literal(without_secrets(end.detail), WHY),
            age=duration(age(end.at, now)),
        )
    return [Part(line(Span(told, "warn"))), Part(())]
