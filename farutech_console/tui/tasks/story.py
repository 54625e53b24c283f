"""The story of one task as lines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.language import tr
from farutech_console.operations.story.live import with_heard
from farutech_console.operations.story.words import step_words, where_words
from farutech_console.operations.units import age, clock_time, duration, full_time
from farutech_console.tui.common.kinds import kind_column, kind_span
from farutech_console.tui.common.spans import Line, Span, Tone, line
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from farutech_console.operations.model import TaskEvent
    from farutech_console.operations.steps import TaskStep
    from farutech_console.operations.story.view import Place, TaskStory

LABEL = 8
PLACES: dict[Place, Tone] = {
    "dead": "bad",
    "stuck": "bad",
    "unknown": "warn",
    "archived": "warn",
    "backoff": "warn",
    "held": "warn",
    "done": "ok",
}


def where_lines(
    story: TaskStory,
    now: datetime,
    heard: Sequence[TaskEvent] = (),
    read_at: datetime | None = None,
) -> list[Line]:
    """Return what the task is, and where it is.

    `heard` is what was overheard of it, `read_at` when the story was read: where more was heard
    since, that stands beside where it was then.
    """
    return [
        _labelled(tr("task"), literal(story.task_id), "strong"),
        _labelled(tr("tenant"), literal(story.tenant_id)),
        _labelled(tr("type"), literal(story.task_type)),
        *(
            _labelled(tr("now"), where_words(one), PLACES.get(one.place, "plain"))
            for one in story.where
        ),
        *_since(heard, read_at, now),
    ]


def step_lines(story: TaskStory, now: datetime, heard: Sequence[TaskEvent] = ()) -> list[Line]:
    """Return each step of the task, and what may be missing."""
    lines: list[Line] = []
    steps = with_heard(story.steps, heard)
    day = ""
    for step in steps:
        date = full_time(step.at)[:10]
        if date != day:
            lines.append(line(Span(date, "muted")))
            day = date
        lines.append(step_line(step, now))
    if not steps:
        lines.append(line(Span(tr("Nothing tells of its attempts."), "muted")))
    if story.missing:
        missing = ", ".join(map(literal, story.missing))
        gaps = tr("There may be gaps, since there is no {what}.", what=missing)
        lines += [line(), line(Span(gaps, "warn"))]
    return lines


def _since(heard: Sequence[TaskEvent], read_at: datetime | None, now: datetime) -> list[Line]:
    """Return what happened last, where that was after the story was read."""
    if not heard or read_at is None or heard[-1].at <= read_at:
        return []
    last = heard[-1]
    old = tr("{span} ago", span=duration(age(last.at, now)))
    kind = kind_span(last.kind)
    return [line(Span(f"{tr('then'):<{LABEL}}", "muted"), Span(f"{kind.text}, {old}", kind.tone))]


def step_line(step: TaskStep, now: datetime) -> Line:
    """Return one step: when, what, and the rest of it."""
    old = tr("{span} ago", span=duration(age(step.at, now)))
    return line(
        Span(f"{clock_time(step.at)} ", "muted"),
        kind_column(step.kind),
        Span("  ".join([*step_words(step), old])),
    )


def _labelled(label: str, text: str, tone: Tone = "plain") -> Line:
    return line(Span(f"{label:<{LABEL}}", "muted"), Span(text or "–", tone))  # noqa: RUF001 - a glyph
