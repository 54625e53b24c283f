"""How the overview draws the verdict: what is wrong, worst first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.operations.units import plural
from farutech_console.tui.common.spans import Line, Span, line
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.model import QueueStatus
    from farutech_console.operations.verdict import Grade, Problem

GLYPHS: dict[Grade, str] = {"bad": "✖", "warn": "▲"}


def verdict_lines(status: QueueStatus, found: tuple[Problem, ...]) -> list[Line]:
    """Return the verdict: one line for all, or a line for each problem with its room's key."""
    if not found:
        tasks = plural(status.tasks, "task")
        return [line(Span("● All is well", "ok"), f"   {tasks} in the queue, no dead letters")]
    keys = {"dlq": "3", "tasks": "2"}
    lines = []
    for problem in found:
        more = (Span(f"  → {keys[problem.room]}", "accent"),) if problem.room else ()
        lines.append(
            (
                Span(f"{GLYPHS[problem.grade]} ", problem.grade),
                Span(literal(problem.text), problem.grade),
                *more,
            )
        )
    return lines
