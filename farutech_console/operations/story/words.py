"""The story of a task in words, for screens and commands alike. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from farutech_console.language import msg, tr
from farutech_console.operations.units import count, full_time, wait
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.steps import TaskStep
    from farutech_console.operations.story.view import Place, Whereabouts

_PLACES: Mapping[Place, str] = {
    "pending": msg("pending"),
    "in_flight": msg("in flight"),
    "backoff": msg("backoff"),
    "held": msg("held"),
    "unsettled": msg("unsettled"),
    "stuck": msg("stuck"),
    "dead": msg("dead"),
    "archived": msg("archived"),
    "done": msg("done"),
    "unknown": msg("unknown"),
}


def where_words(where: Whereabouts) -> str:
    """Return where a copy of the task is."""
    parts = [tr(_PLACES[where.place])]
    if where.position is not None:
        parts.append(tr("number {n} in the queue", n=count(where.position)))
    if where.until is not None:
        parts.append(tr("until {time}", time=full_time(where.until)))
    if where.worker:
        there = where.place in ("in_flight", "held")
        parts.append(tr("at {worker}" if there else "by {worker}", worker=where.worker))
    if where.attempt:
        parts.append(tr("attempt {n}", n=where.attempt))
    if where.sequence:
        parts.append(f"{where.stream} seq {where.sequence}")
    if where.detail:
        parts.append(where.detail)
    return literal(", ".join(parts))


def step_words(step: TaskStep) -> list[str]:
    """Return what a step tells beside its kind, its time and its task, each thing apart."""
    parts = [
        tr("attempt {n}", n=step.attempt) if step.attempt else "",
        tr("next in {span}", span=wait(step.delay)) if step.delay else "",
        f"{step.progress:.0%}" if step.progress is not None else "",
        f"{step.seconds:.1f} s" if step.seconds is not None else "",
        literal(step.worker_id),
        literal(step.detail),
    ]
    return [part for part in parts if part.strip()]
