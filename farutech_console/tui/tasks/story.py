"""The story of one task as lines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.operations.story_words import step_words, where_words
from farutech_console.operations.units import age, clock_time, duration, full_time
from farutech_console.tui.common.spans import Line, Span, Tone, line
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from farutech_console.operations.steps import TaskStep
    from farutech_console.operations.story_view import Place, TaskStory, TaskSummary

STEPS: dict[str, tuple[str, Tone]] = {
    "published": ("+ published", "accent"),
    "received": ("→ received", "plain"),
    "started": ("▸ started", "plain"),
    "held": ("‖ held", "warn"),
    "progress": ("… progress", "muted"),
    "in_progress": ("… in progress", "muted"),
    "succeeded": ("● succeeded", "ok"),
    "retrying": ("↻ retrying", "warn"),
    "dead_lettered": ("✖ dead letter", "bad"),
    "terminated": ("■ terminated", "muted"),
    "exhausted": ("✖ exhausted", "bad"),
    "duplicate_skipped": ("= duplicate", "muted"),
    "replayed": ("↺ replayed", "accent"),
    "purged": ("✖ purged", "warn"),
}
PLACES: dict[Place, Tone] = {
    "dead": "bad",
    "stuck": "bad",
    "unknown": "warn",
    "archived": "warn",
    "backoff": "warn",
    "held": "warn",
    "done": "ok",
}
KIND = 14


def story_lines(story: TaskStory, now: datetime) -> list[Line]:
    """Return what the task is, where it is now, and each step of it."""
    lines = [
        _labelled("task", literal(story.task_id), "strong"),
        _labelled("tenant", literal(story.tenant_id)),
        _labelled("type", literal(story.task_type)),
        *(
            _labelled("now", where_words(one), PLACES.get(one.place, "plain"))
            for one in story.where
        ),
        line(),
    ]
    day = ""
    for step in story.steps:
        date = full_time(step.at)[:10]
        if date != day:
            lines.append(line(Span(date, "muted")))
            day = date
        lines.append(step_line(step, now))
    if not story.steps:
        lines.append(line(Span("Nothing tells of its attempts.", "muted")))
    if story.missing:
        gaps = f"There may be gaps, since there is no {', '.join(map(literal, story.missing))}."
        lines += [line(), line(Span(gaps, "warn"))]
    return lines


def step_line(step: TaskStep, now: datetime) -> Line:
    """Return one step: when, what, and the rest of it."""
    word, tone = STEPS.get(step.kind, (literal(step.kind, KIND), "plain"))
    old = duration(age(step.at, now))
    return line(
        Span(f"{clock_time(step.at)} ", "muted"),
        Span(f"{word:<{KIND}}", tone),
        Span("  ".join([*step_words(step), f"{old} ago"])),
    )


def tenant_lines(tenant: str, tasks: Sequence[TaskSummary], now: datetime) -> list[Line]:
    """Return the tasks of a tenant, the latest first."""
    if not tasks:
        return [line(f"Nothing is known of a tenant {literal(tenant)}.")]
    lines = [line(Span(f"{literal(tenant)}: the latest tasks", "strong")), line()]
    for task in tasks:
        tone: Tone = "bad" if task.place == "dead" else "plain"
        lines.append(
            line(
                Span(f"{duration(age(task.at, now)):>12} ", "muted"),
                Span(f"{task.place:<9}", tone),
                Span(literal(task.task_id)),
                Span(f"  {literal(task.task_type)} {literal(task.event)}", "muted"),
            )
        )
    return lines


def _labelled(label: str, text: str, tone: Tone = "plain") -> Line:
    return line(Span(f"{label:<8}", "muted"), Span(text or "–", tone))  # noqa: RUF001 - a glyph
