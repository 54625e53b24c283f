"""How the overview draws the verdict: what is wrong, worst first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.operations.units import plural
from farutech_console.tui.common.spans import Line, Span, line
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.model import QueueStatus
    from farutech_console.operations.verdict import Grade, Problem

POINTER = "› "  # noqa: RUF001 - a glyph
GLYPHS: dict[Grade, str] = {"bad": "✖", "warn": "▲"}


def verdict_lines(status: QueueStatus, found: tuple[Problem, ...], chosen: int) -> list[Line]:
    """Return the verdict: one line for all, or a line for each problem, the chosen one marked."""
    if not found:
        tasks = plural(status.tasks, "task")
        return [line(Span("● All is well", "ok"), f"   {tasks} in the queue, no dead letters")]
    return [_line(problem, chosen=index == chosen) for index, problem in enumerate(found)]


def _line(problem: Problem, *, chosen: bool) -> Line:
    pointer = Span(POINTER if chosen else "  ", "accent")
    text = f"{GLYPHS[problem.grade]} {literal(problem.text)}"
    link = (Span("  ⏎" if chosen else "", "accent"),) if problem.room else ()
    return (pointer, Span(text, problem.grade), *link)
