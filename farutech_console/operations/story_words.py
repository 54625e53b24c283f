"""The story of a task in words, for screens and commands alike. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.operations.units import count, duration, full_time
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.steps import TaskStep
    from farutech_console.operations.story_view import Whereabouts


def where_words(where: Whereabouts) -> str:
    """Return where a copy of the task is."""
    parts = [where.place.replace("_", " ")]
    if where.position is not None:
        parts.append(f"number {count(where.position)} in the queue")
    if where.until is not None:
        parts.append(f"until {full_time(where.until)}")
    if where.worker:
        parts.append(f"{'at' if where.place in ('in_flight', 'held') else 'by'} {where.worker}")
    if where.attempt:
        parts.append(f"attempt {where.attempt}")
    if where.sequence:
        parts.append(f"{where.stream} seq {where.sequence}")
    if where.detail:
        parts.append(where.detail)
    return literal(", ".join(parts))


def step_words(step: TaskStep) -> list[str]:
    """Return what a step tells beside its kind, its time and its task, each thing apart."""
    parts = [
        f"attempt {step.attempt}" if step.attempt else "",
        f"next in {duration(step.delay)}" if step.delay else "",
        f"{step.progress:.0%}" if step.progress is not None else "",
        f"{step.seconds:.1f} s" if step.seconds is not None else "",
        literal(step.worker_id),
        literal(step.detail),
    ]
    return [part for part in parts if part.strip()]
