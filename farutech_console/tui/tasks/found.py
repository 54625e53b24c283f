"""Tasks that were found, by their tenant or because they are stuck, as rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from farutech_console.language import msg, tr
from farutech_console.operations.stuck.words import stuck_words
from farutech_console.operations.units import age, count, short_duration
from farutech_console.tui.common.kinds import kind_span
from farutech_console.tui.common.spans import Line, Span, Tone, line
from farutech_console.tui.common.tablerows import Column
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.story.view import SummaryPlace, TaskSummary
    from farutech_console.operations.stuck.view import StuckTask, StuckView

FoundKind = Literal["stuck", "tenant"]
NONE = "–"  # noqa: RUF001 - a glyph
WIDE = 100
RECOVER = "farutech-console stuck recover --to dlq"

_PLACES: Mapping[SummaryPlace, tuple[str, Tone]] = {
    "queue": (msg("in the queue"), "plain"),
    "dead": (msg("✖ dead"), "bad"),
    "archived": (msg("archived"), "warn"),
    "done": (msg("● finished"), "ok"),
    "gone": (msg("events only"), "muted"),
}


class Age(NamedTuple):
    """Since when something is so, None where nobody knows; or longer, where it is a bound."""

    at: datetime | None
    bound: bool = False

    def span(self, now: datetime) -> Span:
        """Return how long that is."""
        if self.at is None:
            return Span(NONE, "muted")
        return Span(f"{'≥ ' if self.bound else ''}{short_duration(age(self.at, now))}", "muted")


@dataclass(frozen=True, slots=True)
class FoundTask:
    """A task, and what its columns show after its ages. `key` is its own from look to look."""

    key: str | int
    task_id: str
    tenant_id: str
    ages: tuple[Age, ...]
    cells: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What one look found. `told` is how it was found and what is not known."""

    tasks: tuple[FoundTask, ...]
    told: tuple[Line, ...]


def columns(kind: FoundKind, width: int) -> tuple[Column, ...]:
    """Return the columns that fit this width."""
    wide = width >= WIDE
    if kind == "stuck":
        return (
            Column(tr("since"), 8, right=True),
            Column(tr("published"), 9, right=True),
            Column(tr("stuck"), 9),
            Column(tr("tries"), 5, right=True),
            Column(tr("task"), 0),
            Column(tr("tenant"), 18 if wide else 11),
            *((Column(tr("type"), 12), Column("seq", 9, right=True)) if wide else ()),
        )
    return (
        Column(tr("age"), 8, right=True),
        Column(tr("where"), 12),
        Column(tr("task"), 0),
        Column(tr("last event"), 14),
        *((Column(tr("type"), 12), Column("seq", 9, right=True)) if wide else ()),
    )


def of_stuck(seen: StuckView, recover: str) -> Found:
    """Return the stuck tasks, those that are so for sure first; `recover` brings them back."""
    told = [line(stuck_words(seen))]
    if any(task.certain and task.since is None for task in seen.tasks):
        told.append(line(Span(tr("≥ since the last delivery of any task, or longer"), "muted")))
    if seen.certain:
        back = tr("{command} brings back those that are certain", command=literal(recover))
        told.append(line(Span(back, "muted")))
    return Found(tuple(map(_stuck, seen.tasks)), tuple(told))


def _stuck(task: StuckTask) -> FoundTask:
    sure = Span(tr("✖ certain"), "bad") if task.certain else Span(tr("▲ maybe"), "warn")
    tries = count(task.deliveries) if task.deliveries is not None else NONE
    return FoundTask(
        task.sequence,
        task.task_id,
        task.tenant_id,
        (Age(task.since or task.delivered_by, task.since is None), Age(task.stored_at)),
        (
            sure,
            Span(tries),
            _task(task.task_id),
            Span(literal(task.tenant_id, 18) or NONE),
            Span(literal(task.task_type, 12) or NONE),
            Span(count(task.sequence), "muted"),
        ),
    )


def of_tenant(tenant: str, tasks: Sequence[TaskSummary], most: int) -> Found:
    """Return the tasks of a tenant, the latest first."""
    told: list[Line] = []
    if not tasks:
        nothing = tr("Nothing is known of a tenant {name}.", name=literal(tenant))
        where = tr("Looked through: queue, dead letters, archive and the newest events.")
        told = [line(nothing), line(Span(where, "muted"))]
    elif len(tasks) >= most:
        told = [line(tr("The latest {n}; there may be more.", n=count(most)))]
    return Found(tuple(map(_of_tenant, tasks)), tuple(told))


def _of_tenant(task: TaskSummary) -> FoundTask:
    place, tone = _PLACES[task.place]
    return FoundTask(
        task.task_id,
        task.task_id,
        task.tenant_id,
        (Age(task.at),),
        (
            Span(tr(place), tone),
            _task(task.task_id),
            kind_span(task.event) if task.event else Span(NONE),
            Span(literal(task.task_type, 12) or NONE),
            Span(count(task.sequence) if task.sequence else NONE, "muted"),
        ),
    )


def _task(task_id: str) -> Span:
    return Span(literal(task_id, 40)) if task_id else Span(tr("not a task"), "warn")


class FoundRows:
    """Found tasks as rows; each is known by a number that it keeps from one look to the next."""

    def __init__(self, tasks: Sequence[FoundTask], numbers: Sequence[int], now: datetime) -> None:
        self._tasks, self._numbers, self._now = tasks, numbers, now
        self._places = {number: index for index, number in enumerate(numbers)}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._tasks)

    def key_at(self, index: int) -> int:
        """Return the task's number."""
        return self._numbers[index]

    def index_of(self, key: int) -> int:
        """Return where the task of this number is, the first where it is gone."""
        return self._places.get(key, 0)

    def cells(self, index: int) -> tuple[Span, ...]:
        """Return the task's columns."""
        task = self._tasks[index]
        return (*(one.span(self._now) for one in task.ages), *task.cells)
